import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Venues

@testable import Recording

/// Quotes from order books: live, after a kill, in another file, and rebuilt.
@Suite(.timeLimit(.minutes(5)))
struct DerivedQuotesTests {
    private static let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")

    /// Lets a recorder that derives quotes of `symbols` record and die, and the next one recover.
    private static func record(
        _ directory: TemporaryDirectory,
        of symbols: SymbolSelection = .some(Set(BookScript.symbols)),
        _ body: (Victim) async throws -> Void
    ) async throws {
        try await recordAndDie(directory, of: symbols, body)
        try await RecoveryTests.recover(directory)
    }

    /// The recorder's lock ends with this function.
    private static func recordAndDie(
        _ directory: TemporaryDirectory,
        of symbols: SymbolSelection,
        _ body: (Victim) async throws -> Void
    ) async throws {
        var reading = VenueReading()
        reading.quotesFromBook = symbols
        let member = symbols.json.map { #"{"quotes_from_book":\#($0)}"# }
        let victim = try await Victim(directory, venue: .bybitLinear, subscription: member, reading: reading)
        try await victim.open()
        try await body(victim)
        try await victim.die()
    }

    /// Records `messages` in batches of random length; those from `committed` on are only in the journal.
    private static func take(
        _ messages: [String],
        committed: Int = .max,
        by victim: Victim,
        _ generator: inout SplitMix64
    ) async throws {
        var place = 0
        while place < messages.count {
            let end = min(messages.count, place + 1 + Int(generator.next() % 40))
            let batch = victim.read(Array(messages[place..<end]))
            if end <= committed { try await victim.commit(batch) }
            place = end
        }
    }

    private static func query(_ directory: TemporaryDirectory, _ sql: String) async throws -> [[SQLValue]] {
        let session = try SQLSession(recordings: ArchiveLocation(directory.path).files)
        defer { session.close() }
        var rows: [[SQLValue]] = []
        try await session.run(sql) { if case .row(let row) = $0 { rows.append(row) } }
        return rows
    }

    /// The stored quotes, by the time of their messages, which come at one per millisecond.
    private static func quotes(_ directory: TemporaryDirectory) async throws -> [BookScript.Expected] {
        let sql = """
            SELECT (ts_recv - \(Victim.start.rawValue)) / 1000000, symbol, bid, bid_size, ask, ask_size, sequence
            FROM quotes WHERE is_derived ORDER BY ts_recv, symbol
            """
        return try await query(directory, sql).map { row in
            guard case .integer(let message) = row[0], case .text(let symbol) = row[1] else { throw Unexpected() }
            return BookScript.Expected(message: Int(message), symbol: symbol, values: Array(row[2...]))
        }
    }

    private struct Unexpected: Error {}

    /// Changes a recording; the archive's lock ends with this function.
    private static func change(_ file: String, _ sql: String) async throws {
        let session = try SQLSession(recordings: [file], isWritable: true)
        try await session.run(sql) { _ in }
        session.close()
    }

    /// Expects that nothing is wrong with the recordings, and that a rebuild makes the same rows.
    private static func expectSound(_ directory: TemporaryDirectory, _ comment: Comment? = nil) throws {
        let location = try ArchiveLocation(directory.path)
        #expect(try ArchiveVerifier.verify(location).problems == [], comment)
        for file in location.files {
            let check = try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(file)
            // Other tests compare the states of books.
            #expect(check.differences.filter { $0.table != "book_checkpoint" } == [], comment)
        }
    }

    @Test("each change of the best prices of a valid book is a quote, marked as derived, and makes no bar")
    func live() async throws {
        let seed = TestRandom.seed
        let script = BookScript(count: 1500, seed: seed)
        var generator = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            try await Self.take(script.messages, by: victim, &generator)
        }
        #expect(script.expected.count > 100)
        #expect(try await Self.quotes(directory) == script.expected, "seed \(seed)")
        try Self.expectSound(directory, "seed \(seed)")
        let others = "SELECT (SELECT count(*) FROM quote WHERE NOT is_derived), (SELECT count(*) FROM bar)"
        #expect(try await Self.query(directory, others) == [[.integer(0), .integer(0)]])
        let times = "SELECT count(*) FROM quotes WHERE ts_event / 1000000 <> ts_recv / 1000000"
        #expect(try await Self.query(directory, times) == [[.integer(0)]])
    }

    @Test("a rebuild stores quotes again that were lost")
    func rebuild() async throws {
        let seed = TestRandom.seed
        let script = BookScript(count: 400, seed: seed)
        var generator = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            try await Self.take(script.messages, by: victim, &generator)
        }
        let file = try ArchiveLocation(directory.path).files[0]
        let books = "SELECT count(*) FROM book_checkpoint"
        let states = try await Self.query(directory, books)
        try await Self.change(file, "DELETE FROM quote WHERE message_index % 3 = 0; UPDATE quote SET is_derived = 0")
        let outcome = try Rebuilder(Self.stamp, isCheck: false, zones: { _ in nil }).run(file)
        #expect(outcome.differences.map(\.table) == ["quote"])
        #expect(try await Self.quotes(directory) == script.expected, "seed \(seed)")
        #expect(try await Self.query(directory, books) == states, "the states of books stay")
        try Self.expectSound(directory)
    }

    @Test("after a kill, the journal gives the same quotes", arguments: [0, 3, 150, 400, 799])
    func killed(committed: Int) async throws {
        let seed = TestRandom.seed &+ UInt64(committed)
        let script = BookScript(count: 800, seed: seed)
        var generator = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            try await Self.take(script.messages, committed: committed, by: victim, &generator)
        }
        #expect(try await Self.quotes(directory) == script.expected, "seed \(seed)")
        try Self.expectSound(directory, "seed \(seed)")
    }

    @Test("after a kill, books whose snapshot is long ago continue from their stored states")
    func killedLater() async throws {
        let seed = TestRandom.seed
        let script = BookScript(
            count: 12_000,
            seed: seed,
            chances: BookScript.Chances(hole: 0, snapshot: 0),
            paddingBytes: 700
        )
        var generator = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            try await Self.take(script.messages, committed: 11_500, by: victim, &generator)
        }
        #expect(try await Self.quotes(directory) == script.expected, "seed \(seed)")
        try Self.expectSound(directory, "seed \(seed)")
    }

    @Test("in the next file the books go on, and a rebuild of it makes the same quotes", arguments: [false, true])
    func rotated(isKilled: Bool) async throws {
        let seed = TestRandom.seed
        let script = BookScript(count: 900, seed: seed)
        var generator = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            try await Self.take(Array(script.messages[..<300]), by: victim, &generator)
            try await victim.rotate()
            let committed = isKilled ? 250 : Int.max
            try await Self.take(Array(script.messages[300...]), committed: committed, by: victim, &generator)
        }
        #expect(try ArchiveLocation(directory.path).files.count == 2)
        let stored = try await Self.quotes(directory)
        // A book that was not valid at the change of files gives a quote in any case when it is valid again.
        let repeated = stored.filter { !script.expected.contains($0) }
        #expect(repeated.count <= BookScript.symbols.count, "seed \(seed)")
        #expect(stored.filter { !repeated.contains($0) } == script.expected, "seed \(seed)")
        try Self.expectSound(directory, "seed \(seed)")
    }

    @Test("quotes over two connections are stored once, also after a kill", arguments: [false, true])
    func overlap(isKilled: Bool) async throws {
        let seed = TestRandom.seed
        let script = BookScript(count: 300, seed: seed, chances: BookScript.Chances(hole: 0, snapshot: 0))
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            victim.select(1, key: 2)
            try await victim.open()
            for start in stride(from: 0, to: 300, by: 20) {
                for lane in 0..<2 {
                    victim.select(lane, key: UInt64(lane + 1))
                    let batch = victim.read(Array(script.messages[start..<start + 20]))
                    if !isKilled || start < 100 || (start == 100 && lane == 0) { try await victim.commit(batch) }
                }
            }
        }
        let sql = "SELECT symbol, bid, bid_size, ask, ask_size, sequence FROM quotes ORDER BY symbol, ts_recv"
        let rows = try await Self.query(directory, sql)
        let expected = script.expected.sorted { ($0.symbol, $0.message) < ($1.symbol, $1.message) }
        #expect(rows == expected.map { [.text($0.symbol)] + $0.values }, "seed \(seed)")
        try Self.expectSound(directory, "seed \(seed)")
    }

    @Test("a symbol whose quotes are requested has none from its book, nor has a feed that derives nothing")
    func excluded() async throws {
        let script = BookScript(count: 300, seed: TestRandom.seed)
        for symbols in [SymbolSelection.some(["ETHUSDT"]), .none] {
            var generator = SplitMix64(seed: 1)
            let directory = try TemporaryDirectory()
            try await Self.record(directory, of: symbols) { victim in
                try await Self.take(script.messages, by: victim, &generator)
            }
            let expected = script.expected.filter { symbols.contains($0.symbol) }
            #expect(try await Self.quotes(directory) == expected)
            try Self.expectSound(directory)
        }
    }

    @Test("a message that is itself a quote of the venue gives no other")
    func stated() async throws {
        let messages = (0..<50).map { index in
            #"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1767571200000,"data":{"s":"BTCUSDT","#
                + #""b":[["\#(900 + index).5","1"]],"a":[["1000.5","2"]],"u":\#(index + 2),"seq":7},"cts":1767571200000}"#
        }
        let directory = try TemporaryDirectory()
        try await Self.record(directory, of: .all) { victim in
            try await victim.commit(victim.read(messages))
        }
        let sql = "SELECT count(*), sum(is_derived) FROM quote"
        #expect(try await Self.query(directory, sql) == [[.integer(50), .integer(0)]])
        try Self.expectSound(directory)
    }

    @Test("if messages are lost, a rebuild keeps the quotes of the books that it cannot know")
    func damaged() async throws {
        let seed = TestRandom.seed
        let chances = BookScript.Chances(hole: 0, snapshot: 0)
        let script = BookScript(count: 1000, seed: seed, chances: chances, paddingBytes: 400)
        var generator = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        try await Self.record(directory) { victim in
            try await Self.take(script.messages, by: victim, &generator)
        }
        let file = try ArchiveLocation(directory.path).files[0]
        try await Self.change(
            file,
            """
            CREATE TEMP TABLE lost AS SELECT first_message_index AS first, last_message_index AS last
                FROM message_block ORDER BY first_message_index LIMIT 1 OFFSET 1;
            DELETE FROM message_block WHERE first_message_index IN (SELECT first FROM lost);
            INSERT INTO absence (kind, cause, first_message_index, last_message_index, row_count, ts_noted)
                SELECT 'message', 'damage', first, last, last - first + 1, 5 FROM lost
            """
        )
        let check = try Rebuilder(Self.stamp, isCheck: true, zones: { _ in nil }).run(file)
        let quotes = check.differences.filter { $0.table == "quote" }
        #expect(quotes.allSatisfy { $0.removed == 0 && $0.changed == 0 }, "\(check.differences)")
    }
}
