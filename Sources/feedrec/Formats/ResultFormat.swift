import Archive
import ArgumentParser

/// A format in which the rows of a query are printed.
///
/// Each format has a file of its own and a line in ``all``. Flags, help texts, completions and errors follow from
/// these.
struct ResultFormat: Sendable {
    /// The name on command lines.
    let name: String
    /// Makes a writer for the results of one run of SQL.
    let makeWriter: @Sendable () -> any ResultWriter

    init(_ name: String, makeWriter: @escaping @Sendable () -> any ResultWriter) {
        self.name = name
        self.makeWriter = makeWriter
    }
}

extension ResultFormat: ExpressibleByArgument {
    init?(argument: String) {
        guard let format = Self.all.first(where: { $0.name == argument }) else { return nil }
        self = format
    }

    var defaultValueDescription: String { name }

    static var allValueStrings: [String] { all.map(\.name) }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

    /// The names of all formats as part of a sentence.
    static var names: String { WordList.either(all.map(\.name)) }
}

/// Writes the results of SQL statements in one format.
///
/// A run of SQL has any number of results, one after the other: `begin`, `append` for each row, `end`. `finish` follows
/// the last one, even if there was none.
protocol ResultWriter {
    /// Begins the result of a statement that has these columns; names may be repeated.
    mutating func begin(_ columns: [String], into output: inout [UInt8])

    /// Appends a row, with a value for each column.
    mutating func append(_ row: [SQLValue], into output: inout [UInt8])

    /// Ends the result of a statement.
    mutating func end(into output: inout [UInt8])

    /// Ends the output.
    mutating func finish(into output: inout [UInt8])
}

extension ResultWriter {
    mutating func end(into output: inout [UInt8]) {}
    mutating func finish(into output: inout [UInt8]) {}
}
