import Foundation
import Testing

/// `docs/SQL.md` names the tables and columns that there are, and its queries work.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct SQLManualTests {
    /// 2026-01-05T09:00:00Z.
    private static let start: Int64 = 1_767_603_600_000_000_000
    private static let day: Int64 = 86_400_000_000_000
    private static let step: Int64 = 30_000_000_000

    private let bench: Workbench
    private let manual: SQLManual

    init() throws {
        bench = try Workbench()
        manual = try SQLManual()
    }

    @Test("the SQL manual has every table, view and column of a new recording, with its type, and no other")
    func schema() async throws {
        let file = try await importing(trades(of: 0), "day.ns", venue: "binance-spot")
        let rows = try await bench.query(
            file,
            """
            SELECT s.name, c.name, c.type FROM sqlite_schema s JOIN pragma_table_xinfo(s.name) c
            WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite_%'
            UNION ALL SELECT 'messages', name, type FROM pragma_table_info('messages')
            """
        )
        var schema: [String: [String: String]] = [:]
        for row in rows {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            schema[fields[0], default: [:]][fields[1]] = fields[2]
        }
        #expect(schema.count == 47)
        #expect(Set(manual.relations.keys) == Set(schema.keys))
        for (name, columns) in schema {
            let documented = manual.relations[name] ?? [:]
            #expect(Set(documented.keys) == Set(columns.keys), "the columns of \(name)")
            // SQLite knows no type for what a view computes.
            for (column, type) in columns where !type.isEmpty {
                #expect(documented[column] == type, "the type of \(name).\(column)")
            }
            for (column, type) in documented {
                #expect(["INTEGER", "REAL", "TEXT", "BLOB"].contains(type), "the type of \(name).\(column)")
            }
        }
    }

    @Test("the SQL manual gives the types that views compute")
    func types() async throws {
        let archive = try await twoDays()
        let names = ["quotes", "trades", "ticks", "bars", "margin_updates", "gaps", "sessions", "messages"]
        let columns = try names.flatMap { name in
            try #require(manual.relations[name]).sorted { $0.key < $1.key }
                .map { (relation: name, name: $0.key, type: $0.value) }
        }
        let types = columns.map { column in
            "SELECT group_concat(DISTINCT typeof(\"\(column.name)\")) FROM \(column.relation)"
        }
        let found = try await bench.query(archive, types.joined(separator: " UNION ALL "))
        try #require(found.count == columns.count)
        for (column, types) in zip(columns, found) {
            let words = types.split { $0 == "," || $0 == "\"" }.map { $0.uppercased() }
            let stored = Set(words).subtracting(["NULL"])
            #expect(stored.isSubset(of: [column.type]), "\(column.relation).\(column.name)")
        }
    }

    @Test("every query of the SQL manual works, on one file and on a directory")
    func queries() async throws {
        let archive = try await twoDays()
        #expect(manual.questions == 12)
        #expect(manual.queries.count >= manual.questions)
        for (path, other) in [
            (archive + "/2026-01-05.feedrec", SQLManual.Query.Scope.directory), (archive, .file),
        ] {
            let queries = manual.queries.filter { $0.scope != other }
            let texts = queries.map { "SELECT 'next query';\n\($0.text)\n" }
            let finished = try await bench.succeed(["sql", path, texts.joined(), "--format", "csv"])
            // The header and the row of the separator, then the header and the rows of the query.
            let results = finished.output.split(separator: "'next query'\nnext query\n")
            try #require(results.count == queries.count)
            for (query, result) in zip(queries, results) {
                #expect(result.split(separator: "\n").count > 1, "no rows:\n\(query.text)")
            }
        }
    }

    // MARK: A recording

    /// Two days of both venues in an archive, with missing trades and a message that cannot be read.
    private func twoDays() async throws -> String {
        for day in 0...1 as ClosedRange<Int64> {
            _ = try await importing(trades(of: day), "trades\(day).ns", venue: "binance-spot")
            _ = try await importing(margins(of: day), "margins\(day).ns", venue: "mt4")
        }
        return bench.path("tape")
    }

    /// The first file of the archive into which `text` was imported.
    private func importing(_ text: String, _ name: String, venue: String) async throws -> String {
        let file = try bench.write(text, to: name)
        let arguments = ["import", "messages", file, "--venue", venue, "--archive", bench.path("tape")]
        let finished = try await bench.run(arguments)
        // 3: trades are missing.
        try #require([0, 3].contains(finished.status), "\(finished.errors)")
        return bench.path("tape") + "/2026-01-05.feedrec"
    }

    private func trades(of day: Int64) -> String {
        var text = ""
        for number in 0..<40 as Range<Int64> {
            let ts = Self.start + day * Self.day + number * Self.step
            let id = 1000 + day * 100 + number + (number < 20 ? 0 : 5)
            let (price, milliseconds) = ("100.\(10 + number)", ts / 1_000_000 - 40)
            text += #"\#(ts) {"stream":"btcusdt@bookTicker","data":{"u":\#(id),"s":"BTCUSDT","b":"\#(price)","#
            text += #""B":"2.0","a":"101.00","A":"3.0"}}"# + "\n"
            text += #"\#(ts + 1) {"stream":"btcusdt@trade","data":{"e":"trade","E":\#(milliseconds),"s":"BTCUSDT","#
            text += #""t":\#(id),"p":"\#(price)","q":"1.5","T":\#(milliseconds),"m":\#(number % 2 == 0),"M":true}}"#
            text += "\n"
        }
        return text + #"\#(Self.start + day * Self.day + 40 * Self.step) {"stream":"btcusdt@trade","data":{"e""# + "\n"
    }

    private func margins(of day: Int64) -> String {
        (0..<10 as Range<Int64>).map { number in
            let ts = Self.start + day * Self.day + number * Self.step
            return #"\#(ts) {"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","#
                + #""bid":1.0850,"ask":1.085\#(number),"lastTime":null}}]}"# + "\u{1E}\n"
                + #"\#(ts + 1) {"type":1,"target":"OnMarginUpdate","arguments":[{"tradePlatform":"P","margins":["#
                + #"{"login":1001,"group":"demo","leverage":100,"balance":10000.5,"equity":\#(9990 - number).25,"#
                + #""volume":100,"margin":1000,"free":8990,"level":999,"controllingType":"Percent","#
                + #""levelType":"Ok"}]}]}"# + "\u{1E}\n"
        }
        .joined()
    }
}
