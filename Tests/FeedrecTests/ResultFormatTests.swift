import Archive
import ArgumentParser
import Foundation
import Testing

@testable import feedrec

/// Query results in every format, and a format that exists only here.
struct ResultFormatTests {
    /// What a format makes of the results of statements.
    private static func written(_ format: ResultFormat, _ results: [(columns: [String], rows: [[SQLValue]])]) -> String
    {
        var writer = format.makeWriter()
        var output: [UInt8] = []
        for result in results {
            writer.begin(result.columns, into: &output)
            for row in result.rows { writer.append(row, into: &output) }
            writer.end(into: &output)
        }
        writer.finish(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static let two: [(columns: [String], rows: [[SQLValue]])] = [
        (["a", "b"], [[.integer(-1), .text("x,\"y\"\n")], [.null, .real(1e-7)]]), (["c"], [[.blob([0, 255])]]),
    ]

    @Test("csv has a line of names for each statement, and quotes as in RFC 4180")
    func csv() {
        #expect(Self.written(.csv, Self.two) == "a,b\n-1,\"x,\"\"y\"\"\n\"\n,0.0000001\nc\n00ff\n")
        #expect(Self.written(.csv, []) == "")
    }

    @Test("json is one array of the rows of all statements, also if there are none")
    func json() {
        let rows = #"[\#n  {"a":-1,"b":"x,\"y\"\n"},\#n  {"a":null,"b":0.0000001},\#n  {"c":"00ff"}\#n]\#n"#
        #expect(Self.written(.json, Self.two) == rows)
        #expect(Self.written(.json, []) == "[]\n" && Self.written(.json, [(["a"], [])]) == "[]\n")
    }

    @Test("ndjson is a line per row")
    func ndjson() {
        let rows = #"{"a":-1,"b":"x,\"y\"\n"}\#n{"a":null,"b":0.0000001}\#n{"c":"00ff"}\#n"#
        #expect(Self.written(.ndjson, Self.two) == rows)
        #expect(Self.written(.ndjson, []) == "")
    }

    @Test("a table counts its rows")
    func table() {
        #expect(Self.written(.table, [(["a", "b"], [[.integer(7), .text("x")]])]) == "a  b\n-  -\n7  x\n(1 row)\n")
    }

    @Test(
        "the keys of a JSON object differ, whatever the columns are named",
        arguments: [
            (["a", "a", "a"], ["a", "a_2", "a_3"]), (["a", "a", "a_2"], ["a", "a_3", "a_2"]),
            (["a_2", "a", "a"], ["a_2", "a", "a_3"]), (["", ""], ["", "_2"]),
            (["a\"b\\", "\u{1}"], ["a\"b\\", "\u{1}"]),
        ]
    )
    func keys(columns: [String], expected: [String]) throws {
        let row = columns.indices.map { SQLValue.integer(Int64($0)) }
        let text = Self.written(.ndjson, [(columns, [row])])
        let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Int])
        let pairs = zip(expected, columns.indices).map { ($0, $1) }
        #expect(object == Dictionary(uniqueKeysWithValues: pairs), "\(text)")
    }

    @Test("numbers that JSON lacks are null")
    func infinite() {
        #expect(
            Self.written(.ndjson, [(["a"], [[.real(.infinity)], [.real(.nan)]])]) == "{\"a\":null}\n{\"a\":null}\n"
        )
    }

    @Test("a format that exists only here is a value of the flag, with help and errors")
    func added() throws {
        ResultFormat.register(ResultFormat("counted") { CountingWriter() })
        let command = try #require(SQLCommand.parse(["tape", "select 1", "--format", "counted"]) as SQLCommand?)
        let format = try #require(command.format)
        #expect(Self.written(format, Self.two) == "2,1,")
        let help = SQLCommand.helpMessage(columns: 200)
        #expect(help.contains(", ndjson") && help.contains("or counted"))
        let refusal = SQLCommand.message(for: Self.error(["tape", "select 1", "--format", "xml"]))
        #expect(refusal.contains("xml") && refusal.contains("'ndjson'") && refusal.contains("'counted'"), "\(refusal)")
    }

    private static func error(_ arguments: [String]) -> any Error {
        do {
            _ = try SQLCommand.parse(arguments)
            return CocoaError(.featureUnsupported)
        } catch {
            return error
        }
    }
}

/// Writes the number of rows of each statement.
private struct CountingWriter: ResultWriter {
    private var count = 0

    mutating func begin(_ columns: [String], into output: inout [UInt8]) { count = 0 }
    mutating func append(_ row: [SQLValue], into output: inout [UInt8]) { count += 1 }
    mutating func end(into output: inout [UInt8]) { output.append(contentsOf: "\(count),".utf8) }
}
