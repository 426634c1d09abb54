import Archive
import ArgumentParser
import Interchange
import JournalFormat
import MarketModel

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export recorded data.",
        discussion: """
              feedrec export messages ./tape > out.ndjson
            """,
        subcommands: [Messages.self]
    )

    struct Messages: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the raw messages as NDJSON, one line per message, in stored order.",
            discussion: """
                  feedrec export messages ./tape > out.ndjson
                  feedrec export messages ./tape --direction received | jq -r .payload

                Binary payloads are base64, in payload_base64. A gap is a line {"gap":{…}} at the place \
                where it started.
                """
        )

        @Argument(help: "A recording, or a directory of recordings.")
        var archive: String

        @Option(help: "Which messages to export: received, sent or all.")
        var direction = ExportedDirection.all

        func run() async throws {
            try await JournalNotice.fold([archive])
            var output = StandardOutput()
            let location = try ArchiveNotice.locate([archive])
            for file in location.files {
                try Self.export(ArchiveReader(path: file), direction, to: &output)
            }
            try output.flush()
            try ArchiveNotice.endIfDataIsMissing(location)
        }

        private static func export(
            _ reader: ArchiveReader,
            _ direction: ExportedDirection,
            to output: inout StandardOutput
        ) throws {
            var messages = try reader.messages()
            var gaps = try reader.gaps()[...]
            var lines: [UInt8] = []
            while let run = try messages.next() {
                for index in run.range {
                    let entry = run.block.batch.entries[index]
                    while let gap = gaps.first, gap.tsFrom < entry.tsRecv {
                        append(gap, to: &lines)
                        gaps.removeFirst()
                    }
                    guard direction.includes(entry.direction) else { continue }
                    MessageExportWriter.append(
                        messageAt: index,
                        of: run.block.batch,
                        connection: run.connectionID,
                        to: &lines
                    )
                }
                try output.write(lines)
                lines.removeAll(keepingCapacity: true)
            }
            for gap in gaps { append(gap, to: &lines) }
            try output.write(lines)
        }

        private static func append(_ gap: GapRow, to lines: inout [UInt8]) {
            func integer(_ value: Int64?) -> MessageExportWriter.FieldValue { value.map { .integer($0) } ?? .null }
            MessageExportWriter.append(
                gap: [
                    ("gap_id", .integer(gap.gapID)), ("ts_from", .integer(gap.tsFrom.rawValue)),
                    ("ts_to", integer(gap.tsTo?.rawValue)), ("cause", .text(gap.cause)),
                    ("detail", gap.detail.map { .text($0) } ?? .null),
                ],
                to: &lines
            )
        }
    }
}

/// Which messages are exported.
enum ExportedDirection: String, ExpressibleByArgument, CaseIterable {
    case received, sent, all

    func includes(_ direction: MessageDirection) -> Bool {
        switch self {
        case .received: direction == .received
        case .sent: direction == .sent
        case .all: true
        }
    }
}
