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
            abstract: "Write the raw messages with their receive times, in stored order.",
            discussion: """
                  feedrec export messages ./tape > out.ndjson
                  feedrec export messages ./tape --direction received | jq -r .payload

                Formats: \(MessageExportFormat.all.map { "\($0.name) is \($0.summary)" }.joined(separator: ". ")).
                """
        )

        @Argument(help: "A recording, or a directory of recordings.")
        var archive: String

        @Option(help: "Which messages to export: received, sent or all.")
        var direction = ExportedDirection.all

        @Option(
            help: "How to write them: \(WordList.either(MessageExportFormat.allValueStrings)).",
            completion: .list(MessageExportFormat.allValueStrings)
        )
        var format = MessageExportFormat.ndjson

        func run() async throws {
            try await JournalNotice.fold([archive])
            let location = try ArchiveNotice.locate([archive])
            var export = MessageExport(format: format, direction: direction)
            for file in location.files { try export.add(ArchiveReader(path: file)) }
            try export.finish()
            try ArchiveNotice.endIfDataIsMissing(location)
        }
    }
}

/// Writes the messages of recordings, and their gaps, to standard output.
private struct MessageExport: ~Copyable {
    private var writer: any MessageExportWriter
    private let direction: ExportedDirection
    private var output = StandardOutput()
    private var bytes: [UInt8] = []

    init(format: MessageExportFormat, direction: ExportedDirection) {
        writer = format.makeWriter()
        self.direction = direction
    }

    mutating func add(_ reader: ArchiveReader) throws {
        var messages = try reader.messages()
        var gaps = try reader.gaps()[...]
        while let run = try messages.next() {
            for index in run.range {
                let entry = run.block.batch.entries[index]
                while let gap = gaps.first, gap.tsFrom < entry.tsRecv {
                    writer.append(gap: gap.exportedFields, to: &bytes)
                    gaps.removeFirst()
                }
                guard direction.includes(entry.direction) else { continue }
                writer.append(messageAt: index, of: run.block.batch, connection: run.connectionID, to: &bytes)
            }
            try handOver()
        }
        for gap in gaps { writer.append(gap: gap.exportedFields, to: &bytes) }
        try handOver()
    }

    mutating func finish() throws {
        writer.finish(to: &bytes)
        try handOver()
        try output.flush()
    }

    private mutating func handOver() throws {
        try output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}

extension GapRow {
    fileprivate var exportedFields: [ExportedField] {
        [
            ExportedField("gap_id", gapID), ExportedField("ts_from", tsFrom.rawValue),
            ExportedField("ts_to", tsTo?.rawValue), ExportedField("cause", cause), ExportedField("detail", detail),
        ]
    }
}

extension MessageExportFormat: ExpressibleByArgument {
    /// Accepts the name of a format.
    public init?(argument: String) {
        guard let format = Self.all.first(where: { $0.name == argument }) else { return nil }
        self = format
    }

    /// The name, as help texts show a default.
    public var defaultValueDescription: String { name }

    /// The names of all formats.
    public static var allValueStrings: [String] { all.map(\.name) }
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
