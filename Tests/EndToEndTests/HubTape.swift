import FeedrecTestKit
import Foundation
import Testing
import Transport

/// Tapes of the simulated MT4 hub with every kind of message.
enum HubTape {
    /// The start of imported tapes: 2026-01-05T09:30:00Z.
    static let start = 1_767_605_400_000_000_000
    static let streams = ["StreamAllTicks", "StreamMarginCallUpdates", "StreamTrades", "StreamUserUpdates"]
    private static let subscriptions = ["SubscribeToAllTicks", "SubscribeToSymbols", "SubscribeToOnlineUpdates"]

    /// Subscribes to everything as one client and reads to the end; returns the records without answers and pings.
    static func readAll(_ url: String) async throws -> [String] {
        let client = try await connect(url + MT4.path)
        try await client.send(#"{"protocol":"json","version":1}"# + "\u{1E}")
        for (index, name) in subscriptions.enumerated() {
            try await client.send(call(1, "\(index)", name))
        }
        for name in streams { try await client.send(call(4, name, name)) }
        return try await client.receiveAll().texts.filter(isTaped)
    }

    /// Imports the messages of a simulator that stops after `count` messages; returns the messages and the archive.
    static func imported(
        on bench: Workbench,
        count: Int,
        stepMilliseconds: Int = 1
    ) async throws -> (sent: [String], archive: String) {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "max", "--count", "\(count)"])
        let sent = try await readAll(url)
        try #require(sent.count == count)
        let step = stepMilliseconds * 1_000_000
        let lines = sent.enumerated().map { index, message in
            let second = index * stepMilliseconds / 1000 % 60
            let minute = 30 + index * stepMilliseconds / 60_000
            // The venue's own times must match.
            let time = "2026-01-05T09:\(minute):\(second < 10 ? "0" : "")\(second)"
            let timed = stepMilliseconds == 1 ? message : message.replacing(/2026-01-05T09:30:[0-9]{2}/, with: time)
            return "\(start + index * step) \(timed)\n"
        }
        let file = try bench.write(lines.joined(), to: "tape.ns")
        let archive = bench.path("imported")
        try await bench.succeed(["import", "messages", file, "--venue", "mt4", "--archive", archive])
        return (sent, archive)
    }

    /// True for messages of a tape: not the handshake's answer, completions, pings or the Close record.
    static func isTaped(_ message: String) -> Bool {
        let housekeeping = [#"{"type":3,"#, #"{"type":6}"#, #"{"type":7"#, "{}\u{1E}"]
        return !housekeeping.contains { message.hasPrefix($0) }
    }

    private static func call(_ type: Int, _ id: String, _ method: String) -> String {
        #"{"type":\#(type),"invocationId":"\#(id)","target":"\#(method)","arguments":[{"tradePlatform":"P"}]}"#
            + "\u{1E}"
    }
}
