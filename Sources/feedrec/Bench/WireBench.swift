import ArgumentParser
import Foundation
import JSONScanning
import MarketModel
import NIOCore
import Transport
import WebSocketProtocol

struct WireBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wire",
        abstract: "The cost of the socket layer: receiving, sending, and round trips.",
        discussion: """
            Sends frames of 175 bytes over loopback. Receiving includes everything up to the batch that a consumer \
            gets; the consumer runs on the event loop. Round trips are compared with an echo on a bare epoll, measured \
            from the same client.

              feedrec bench wire
            """
    )

    @Option(help: "How many messages each measurement moves.")
    var messages = 2_000_000

    @Option(help: "How many round trips to time.")
    var roundTrips = 20_000

    @Flag(help: "Print JSON.")
    var json = false

    private static let messageBytes = 175

    func run() async throws {
        let certificate = try TemporaryCertificate()
        defer { certificate.remove() }
        var results: [(name: String, text: String, value: Double)] = []
        func add(_ name: String, _ text: String, _ value: Double) {
            results.append((name, text, value))
        }
        let plain = try await receive(certificate: nil)
        add("receive_us", "us CPU per message, plain, 8 frames per write", plain)
        let secured = try await receive(certificate: certificate)
        add("receive_tls_us", "us CPU per message, TLS, 8 frames per record", secured)
        let sending = try await send()
        add("send_us", "us CPU per frame sent, 64 per batch", sending.cpu)
        add("send_per_second", "frames sent per second", sending.rate)
        let bare = try await echo(PeerProcess(["bench", "wire-peer", "--mode", "echo"]))
        let ours = try await echo(PeerProcess(["simulate", "--venue", "echo", "--listen", "127.0.0.1:0"]))
        add("echo_epoll_p50_us", "us round trip, bare epoll, p50", bare)
        add("echo_p50_us", "us round trip, feedrec's server, p50", ours)
        add("echo_ratio", "times the bare epoll", ours / bare)
        add("memory_mib", "MiB resident at most, over all measurements", Self.residentMax())
        try print(results)
    }

    private func print(_ results: [(name: String, text: String, value: Double)]) throws {
        var output = StandardOutput()
        if json {
            var object = JSONObjectWriter()
            for result in results { object.raw(result.name, Self.text(of: result.value)) }
            try output.writeLine(object.text())
        } else {
            for result in results {
                let value = Self.text(of: result.value)
                let padding = String(repeating: " ", count: max(0, 12 - value.count))
                try output.writeLine("\(padding)\(value)  \(result.text)")
            }
        }
        try output.flush()
    }

    // MARK: Measurements

    /// CPU microseconds per received message.
    private func receive(certificate: TemporaryCertificate?) async throws -> Double {
        let peer = try PeerProcess(
            ["bench", "wire-peer", "--mode", "blast", "--messages", String(messages)]
                + (certificate?.arguments ?? [])
        )
        defer { peer.stop() }
        return try await withConnection(to: peer.url, certificate: certificate) { connection in
            var count = 0
            var start: Double?
            while let batch = try await connection.receive() {
                // Start at the first batch, so that connecting is not measured.
                if start == nil { start = Clocks.cpuSeconds() } else { count += batch.count }
            }
            guard let start, count > 0 else { throw Failure("nothing was received") }
            return (Clocks.cpuSeconds() - start) / Double(count) * 1e6
        }
    }

    private func send() async throws -> (cpu: Double, rate: Double) {
        let peer = try PeerProcess(["bench", "wire-peer", "--mode", "sink"])
        defer { peer.stop() }
        let messages = messages
        return try await withConnection(to: peer.url, certificate: nil) { connection in
            var batch = MessageBatch()
            let payload = Array(repeating: UInt8(ascii: "x"), count: Self.messageBytes)
            for _ in 0..<64 { batch.append(payload, direction: .sent, tsRecv: UnixNanoseconds(0)) }
            let (cpu, start) = (Clocks.cpuSeconds(), Clocks.monotonic.now)
            for _ in 0..<messages / 64 { try await connection.send(batch) }
            // The last megabyte may still be in transit, which is negligible.
            let seconds = (Clocks.monotonic.now - start) / .seconds(1)
            return ((Clocks.cpuSeconds() - cpu) / Double(messages) * 1e6, Double(messages) / seconds)
        }
    }

    /// The median round trip, in microseconds.
    private func echo(_ peer: PeerProcess) async throws -> Double {
        defer { peer.stop() }
        let roundTrips = roundTrips
        return try await withConnection(to: peer.url, certificate: nil) { connection in
            var batch = MessageBatch()
            batch.append(
                Array(repeating: UInt8(ascii: "x"), count: Self.messageBytes),
                direction: .sent,
                tsRecv: UnixNanoseconds(0)
            )
            var times: [Duration] = []
            for _ in 0..<roundTrips {
                let start = Clocks.monotonic.now
                try await connection.send(batch)
                guard try await connection.receive() != nil else { throw Failure("the echo ended") }
                times.append(Clocks.monotonic.now - start)
            }
            times.sort()
            return times[times.count / 2] / .microseconds(1)
        }
    }

    private func withConnection<Value: Sendable>(
        to url: String,
        certificate: TemporaryCertificate?,
        _ body: @Sendable (WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = WebSocketClient.Configuration(url: try WebSocketURL(url))
        configuration.caFile = certificate?.certificateFile
        let options = configuration
        return try await withEventLoop { group in
            let connection = try await WebSocketClient.connect(options, group: group, now: Clocks.wall)
            let value = try await connection.onEventLoop { try await body(connection) }
            connection.abort()
            _ = await connection.ended()
            return value
        }
    }

    private static func residentMax() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }

    /// Three decimal places for small values, none for large ones.
    private static func text(of value: Double) -> String {
        value >= 1000 ? "\(Int(value))" : "\((value * 1000).rounded() / 1000)"
    }
}

/// A certificate for 127.0.0.1 that exists for the time of the measurement.
struct TemporaryCertificate: Sendable {
    private let directory: String
    var certificateFile: String { directory + "/certificate.pem" }
    private var keyFile: String { directory + "/key.pem" }
    var arguments: [String] { ["--tls-cert", certificateFile, "--tls-key", keyFile] }

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("feedrec-wire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        directory = url.path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", certificateFile,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure("the program 'openssl' could not make a certificate")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
