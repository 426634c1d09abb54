import Archive
import Foundation
import MarketModel
import NIOCore
import Recording
import RecorderStatus
import Transport

/// Services that run beside a recorder so that people and machines can watch it: the status socket, the metrics, and
/// the service manager's watchdog.
///
/// None of them can end a recording.
struct RecorderCompanions: Sendable {
    private let recorder: RunningRecorder
    let notifier: ServiceNotifier?
    private let journal: Journal
    private let socket: StatusSocket
    private let server: WebSocketServer?

    /// Starts to listen.
    ///
    /// Throws before anything is recorded if an address cannot be used.
    init(
        monitor: RecorderMonitor,
        configuration: RecorderConfiguration,
        notifier: ServiceNotifier?,
        journal: Journal,
        group: any EventLoopGroup
    ) async throws {
        recorder = RunningRecorder(
            monitor,
            archive: configuration.archive,
            process: ProcessFigures.read(archive:file:)
        )
        self.notifier = notifier
        self.journal = journal
        socket = try Self.listen(recorder)
        if let address = configuration.settings.metrics {
            let token = try configuration.settings.metricsToken?
                .resolve(environment: ProcessInfo.processInfo.environment)
            let handler = MetricsServer(recorder, access: AccessControl(token: token))
            server = try await Self.serve(handler, on: address, group: group)
        } else {
            server = nil
        }
    }

    /// The URL of the metrics; `nil` if they are not served.
    var metricsURL: String? {
        server.map { $0.url.replacing("ws://", with: "http://") + "/metrics" }
    }

    /// Runs until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            if let server { tasks.addTask { try? await server.run() } }
            if let notifier, let interval = notifier.watchdogInterval {
                tasks.addTask { await watch(notifier, every: interval) }
            }
            tasks.addTask { await measure() }
            tasks.addTask { await keepSocket() }
        }
    }

    /// Listens again if the status socket was deleted, for example with its directory.
    private func keepSocket() async {
        var socket = socket
        while (try? await Clocks.monotonic.sleep(for: .seconds(1))) != nil {
            guard !socket.isInPlace, let another = try? Self.listen(recorder) else { continue }
            socket = another
        }
    }

    private static func listen(_ recorder: RunningRecorder) throws -> StatusSocket {
        try StatusSocket(archive: recorder.archive) { recorder.document.json }
    }

    private static func serve(
        _ handler: MetricsServer,
        on address: ListenAddress,
        group: any EventLoopGroup
    ) async throws -> WebSocketServer {
        var configuration = WebSocketServer.Configuration(host: address.host, port: address.port)
        configuration.connectionsMax = 64
        return try await WebSocketServer.start(configuration, group: group, now: Clocks.wall, handler: handler)
    }

    private var monitor: RecorderMonitor { recorder.monitor }

    private func measure() async {
        var seconds = 0
        while (try? await Clocks.monotonic.sleep(for: .seconds(1))) != nil {
            let uptime = monitor.uptime()
            let (bytes, bytesMax) = (Int64(journal.limit - journal.room), Int64(journal.limit))
            monitor.update { storage in
                storage.journalBytes = bytes
                storage.journalBytesMax = bytesMax
            }
            for feed in monitor.feeds { feed.sample(at: uptime) }
            if seconds.isMultiple(of: 10) { notifier?.status(summary) }
            seconds += 1
        }
    }

    /// Notifies the watchdog only while the recorder is alive, so that the service manager restarts a recorder that
    /// hangs.
    private func watch(_ notifier: ServiceNotifier, every interval: Duration) async {
        repeat {
            if monitor.uptime() - monitor.storage.tickedAt < max(interval, .seconds(5)) { notifier.watchdog() }
        } while (try? await Clocks.monotonic.sleep(for: interval)) != nil
    }

    /// One line for `systemctl status`.
    private var summary: String {
        let feeds = monitor.feeds.map { (name: $0.name, figures: $0.figures) }
        let messages = feeds.reduce(0) { $0 + $1.figures.totals.messagesReceived }
        let down = feeds.filter { !$0.figures.state.isUp }.map(\.name)
        let state = down.isEmpty ? "all feeds deliver" : "down: \(down.joined(separator: ", "))"
        return "\(Counted.text(feeds.count, "feed")), \(Counted.text(messages, "message")), \(state)"
    }
}
