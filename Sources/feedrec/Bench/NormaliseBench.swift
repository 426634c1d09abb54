import ArgumentParser
import Foundation
import Interchange
import JSONScanning
import MarketModel
import Venues

struct NormaliseBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "normalise",
        abstract: "The cost of turning a venue's messages into quotes, trades and book changes.",
        discussion: """
            One thread reads messages with the venue's reader, and prints its CPU time per message by kind: as the \
            venue writes them, and with the keys of every object in random order. The messages are those of the \
            venue's simulation for its first example of recording, or those in --capture.

              feedrec bench normalise
            \(VenueHelp.examples(\.measuring))
            """
    )

    @Option(help: "A venue to measure; may be repeated. (default: all that can be simulated)")
    var venue: [Venue] = []

    @Option(help: "Measure the messages in this file, in any format of 'import messages'.")
    var capture: String?

    @Option(help: "How many messages of each kind to read in a run; the best of five runs counts.")
    var messages = 100_000

    @Option(help: "Seed of the simulation and of the order of keys.")
    var seed: UInt64 = 1

    @Flag(help: "Print JSON, an object a line.")
    var json = false

    func validate() throws {
        guard messages > 0, messages <= 10_000_000 else {
            throw ValidationError("--messages must be between 1 and 10000000")
        }
        guard capture == nil || venue.count == 1 else { throw ValidationError("--capture needs one --venue") }
    }

    func run() async throws {
        var output = StandardOutput()
        if !json { try output.writeLine("venue              kind        bytes  us/message  us, keys shuffled") }
        for venue in venue.isEmpty ? Venue.all.filter({ $0.definition.isSimulated }) : venue {
            for result in try results(of: venue) {
                try output.writeLine(json ? result.json : result.text)
                try output.flush()
            }
        }
        try output.flush()
    }

    private func results(of venue: Venue) throws -> [NormaliseResult] {
        if let capture {
            return try measure(venue, venue.makeReader()).results(try Self.messages(in: capture))
        }
        let (values, path) = venue.exampleOptions
        // Few messages are enough, because they are read again and again.
        let conversations = try SimulatedConversation.conversations(
            with: venue,
            values,
            path: path,
            count: min(messages, 4096),
            seed: seed
        )
        return try conversations.flatMap { try measure(venue, $0.dialect).results($0.messages) }
    }

    private func measure(_ venue: Venue, _ dialect: any VenueDialect) -> NormaliseMeasure {
        NormaliseMeasure(
            venue: venue.name,
            dialect: dialect,
            count: messages,
            seed: seed,
            cpuSeconds: Clocks.threadCPUSeconds
        )
    }

    private static func messages(in path: String) throws -> MessageBatch {
        var reader = try MessageFileReader(path: path, onMalformedLine: .skip)
        var messages = MessageBatch()
        var opened: [ConnectionOpened] = []
        while messages.count < 100_000 {
            guard try reader.next(maxMessages: 4096, into: &messages, connectionEvents: &opened) || !opened.isEmpty
            else { break }
            opened.removeAll()
        }
        guard !messages.isEmpty else { throw Failure("'\(path)' has no messages") }
        return messages
    }
}

extension NormaliseResult {
    fileprivate var text: String {
        func column(_ text: String, _ width: Int) -> String {
            text.padding(toLength: width, withPad: " ", startingAt: 0)
        }
        return column(venue, 18) + " " + column(kind, 10)
            + String(format: "%7.0f %11.3f %18.3f", bytesAverage, microseconds, shuffledMicroseconds)
    }

    fileprivate var json: String {
        func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        var object = JSONObjectWriter()
        object.text("venue", venue)
        object.text("kind", kind)
        object.integer("messages", Int64(messages))
        object.raw("bytes_per_message", rounded(bytesAverage))
        object.raw("us_per_message", rounded(microseconds))
        object.raw("us_per_message_shuffled", rounded(shuffledMicroseconds))
        return object.text()
    }
}
