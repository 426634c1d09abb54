package import MarketModel

/// A format in which recorded messages are exported.
///
/// Each format has a file of its own and a line in ``all``. Flags, help texts, completions and errors follow from
/// these.
package struct MessageExportFormat: Sendable {
    /// The name on command lines.
    package let name: String
    /// How messages and gaps look, as part of a sentence for `--help`.
    package let summary: String
    /// Makes a writer for the messages of one export.
    package let makeWriter: @Sendable () -> any MessageExportWriter

    package init(_ name: String, summary: String, makeWriter: @escaping @Sendable () -> any MessageExportWriter) {
        self.name = name
        self.summary = summary
        self.makeWriter = makeWriter
    }
}

/// Writes messages and gaps in one format.
package protocol MessageExportWriter {
    /// Appends message `index` of `batch`.
    mutating func append(messageAt index: Int, of batch: MessageBatch, connection: Int64, to output: inout [UInt8])

    /// Appends a gap with its fields in the given order, at the place where it started.
    mutating func append(gap fields: [ExportedField], to output: inout [UInt8])

    /// Ends the output, after the last message.
    mutating func finish(to output: inout [UInt8])
}

extension MessageExportWriter {
    package mutating func finish(to output: inout [UInt8]) {}
}

/// One field of an exported gap.
package struct ExportedField: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case null
        case integer(Int64)
        case boolean(Bool)
        case text(String)
    }

    package let name: String
    package let value: Value

    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// A field that is null if `value` is nil.
    package init(_ name: String, _ value: Int64?) {
        self.init(name, value.map { .integer($0) } ?? .null)
    }

    /// A field that is null if `value` is nil.
    package init(_ name: String, _ value: String?) {
        self.init(name, value.map { .text($0) } ?? .null)
    }
}
