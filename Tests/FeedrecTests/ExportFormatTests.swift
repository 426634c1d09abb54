import ArgumentParser
import FeedrecTestKit
import Interchange
import MarketModel
import Testing

@testable import feedrec

/// A format for exported messages that exists only here.
struct ExportFormatTests {
    private struct LengthWriter: MessageExportWriter {
        mutating func append(
            messageAt index: Int,
            of batch: MessageBatch,
            connection: Int64,
            to output: inout [UInt8]
        ) {
            output.append(contentsOf: "\(batch.entries[index].length) ".utf8)
        }

        mutating func append(gap fields: [ExportedField], to output: inout [UInt8]) {
            output.append(contentsOf: "gap ".utf8)
        }
    }

    @Test("a format that exists only here is a value of the flag, with its summary in the help")
    func added() throws {
        MessageExportFormat.register(MessageExportFormat("lengths", summary: "a number per message") { LengthWriter() })
        let arguments = ["tape", "--format", "lengths"]
        let command = try #require(ExportCommand.Messages.parse(arguments) as ExportCommand.Messages?)
        var writer = command.format.makeWriter()
        var output: [UInt8] = []
        writer.append(messageAt: 0, of: MessageBatch(texts: ["abc"]), connection: 1, to: &output)
        writer.append(gap: [], to: &output)
        writer.finish(to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "3 gap ")
        #expect(ExportCommand.Messages.helpMessage(columns: 200).contains("ndjson or lengths"))
    }

    @Test("ndjson is the default")
    func standard() throws {
        let command = try #require(ExportCommand.Messages.parse(["tape"]) as ExportCommand.Messages?)
        #expect(command.format.name == "ndjson")
    }
}
