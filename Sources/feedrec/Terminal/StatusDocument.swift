import Foundation
import MarketModel
import Recording

/// What a running recorder answers to `feedrec status`, as JSON.
struct StatusDocument: Codable, Sendable {
    struct Feed: Codable, Sendable {
        var name: String
        var venue: String
        var url: String
        var state: String
        var isUp: Bool
        var stateSeconds: Double
        var messagesReceived: Int64
        var messagesPerSecond: Double
        var lastMessageAgeSeconds: Double?
        var lastDataAgeSeconds: Double?
        /// Of the latest tick: our time less the venue's.
        var latencySeconds: Double?
        var connections: Int64
        var disconnections: Int64
        var lastFailure: String?
        var gaps: [String: Int64]
        var openGap: String?
    }

    var version: String
    var process: Int32
    var archive: String
    var file: String?
    var uptimeSeconds: Double
    /// Why nothing can be stored just now.
    var halt: String?
    var feeds: [Feed]
    var queueDepth: Int
    var journalBytes: Int64?
    var journalLimitBytes: Int64?
    var walBytes: Int64?
    var commitP99Seconds: Double?
    var diskFreeBytes: Int64?
    var residentBytes: Int64?
    var clockOffsetSeconds: Double?
    var clockErrorSeconds: Double?
    var isClockSynchronized: Bool?
    var clockSteps: Int64
    /// Since the recorder last looked after its feeds.
    var idleSeconds: Double

    /// True where all feeds deliver and everything is stored.
    var isHealthy: Bool {
        halt == nil && idleSeconds < MetricsServer.hangingAfter / .seconds(1) && feeds.allSatisfy(\.isUp)
    }
}

extension StatusDocument {
    init(_ monitor: RecorderMonitor, archive: String) {
        let uptime = monitor.uptime()
        let storage = monitor.storage
        let figures = ProcessFigures.read(archive: archive, file: storage.file)
        version = Program.version
        process = ProcessInfo.processInfo.processIdentifier
        self.archive = archive
        file = storage.file
        uptimeSeconds = uptime / .seconds(1)
        halt = storage.halt
        feeds = monitor.feeds.map { Feed($0, uptime: uptime) }
        queueDepth = storage.queueDepth
        journalBytes = storage.journalBytes
        journalLimitBytes = storage.journalBytesMax
        walBytes = figures.walBytes
        commitP99Seconds = storage.commits.quantile(0.99).map { $0 / .seconds(1) }
        diskFreeBytes = figures.diskFreeBytes
        residentBytes = figures.residentBytes
        clockOffsetSeconds = storage.clock.map { $0.offset / .seconds(1) }
        clockErrorSeconds = storage.clock.map { $0.error / .seconds(1) }
        isClockSynchronized = storage.clock?.isSynchronized
        clockSteps = storage.clockSteps
        idleSeconds = (uptime - storage.tickedAt) / .seconds(1)
    }

    /// Without a line break inside.
    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    init(json: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(StatusDocument.self, from: Data(json))
    }
}

extension StatusDocument.Feed {
    init(_ monitor: FeedMonitor, uptime: Duration) {
        let figures = monitor.figures
        func age(_ time: Duration?) -> Double? { time.map { (uptime - $0) / .seconds(1) } }
        name = monitor.name
        venue = monitor.venue
        url = monitor.url
        state = figures.state.rawValue
        isUp = figures.state.isUp
        stateSeconds = (uptime - figures.stateSince) / .seconds(1)
        messagesReceived = figures.totals.messagesReceived
        messagesPerSecond = (figures.messagesPerSecond * 10).rounded() / 10
        lastMessageAgeSeconds = age(figures.lastMessage)
        lastDataAgeSeconds = age(figures.lastData)
        latencySeconds = figures.totals.latency.map { $0 / .seconds(1) }
        connections = figures.connections
        disconnections = figures.disconnections
        lastFailure = figures.lastFailure
        gaps = figures.gaps
        openGap = figures.openGap
    }
}
