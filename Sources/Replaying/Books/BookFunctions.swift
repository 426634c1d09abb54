package import Archive
import MarketModel
import OrderBooks

/// The functions `book` and `book_top` for SQL: order books as they were at an instant, as tables.
package enum BookFunctions {
    /// The functions for these recordings, in order of time.
    package static func all(_ recordings: [String]) -> [SQLFunction] {
        let source = BookSource(recordings)
        return [book(source), top(source)]
    }

    /// An argument that cannot be used; its description is the error of the query.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    private static let levelsByDefault = 10

    // MARK: One instant

    private static func book(_ source: BookSource) -> SQLFunction {
        SQLFunction(
            "book",
            parameters: ["symbol TEXT", "ts", "depth INTEGER", "channel TEXT", "venue TEXT"],
            requiredCount: 2,
            columns: [
                "side TEXT", "level INTEGER", "price REAL", "size REAL", "price_text TEXT", "size_text TEXT",
                "ts_recv INTEGER", "time_recv TEXT", "ts_event INTEGER", "message_index INTEGER",
                "is_verifiable INTEGER", "file TEXT",
            ],
            usage: "book needs a symbol and a time: book('BTCUSDT', '2026-01-05T09:30:00Z', 20)"
        ) { arguments in
            let depth = try SQLArgument(arguments[2], "the depth of book").count(default: levelsByDefault)
            let time = try SQLArgument(arguments[1], "the time of book").time()
            guard let found = try source.book(arguments[0], channel: arguments[3], venue: arguments[4], at: time) else {
                return { nil }
            }
            let parameters: [SQLValue] = [
                .text(found.symbol), arguments[1], arguments[2], .text(found.channel), .text(found.venue),
            ]
            var rows = levels(of: found, depth == 0 ? .max : depth).makeIterator()
            return { rows.next().map { $0 + parameters } }
        }
    }

    /// The columns of `book`, bids first.
    private static func levels(of found: RecordedBook, _ depth: Int) -> [[SQLValue]] {
        let facts: [SQLValue] = [
            .integer(found.tsRecv.rawValue), .text(found.tsRecv.iso8601),
            found.tsEvent.map { .integer($0.rawValue) } ?? .null, .integer(found.messageIndex),
            .integer(found.isVerifiable ? 1 : 0), .text(found.file),
        ]
        return rows("bid", found.book.bids, depth, facts) + rows("ask", found.book.asks, depth, facts)
    }

    private static func rows(_ side: String, _ ladder: BookLadder, _ depth: Int, _ facts: [SQLValue]) -> [[SQLValue]] {
        ladder.prefix(depth).enumerated().map { index, level in
            let own: [SQLValue] = [
                .text(side), .integer(Int64(index + 1)), real(level.price), real(level.size),
                .text(level.price.description), .text(level.size.description),
            ]
            return own + facts
        }
    }

    private static func real(_ value: FixedDecimal) -> SQLValue {
        Double(value.description).map { .real($0) } ?? .null
    }

    // MARK: Many instants

    private static func top(_ source: BookSource) -> SQLFunction {
        SQLFunction(
            "book_top",
            parameters: ["symbol TEXT", "\"from\"", "\"to\"", "step", "channel TEXT", "venue TEXT"],
            requiredCount: 4,
            columns: [
                "ts INTEGER", "time TEXT", "bid REAL", "bid_size REAL", "ask REAL", "ask_size REAL", "ts_recv INTEGER",
                "is_verifiable INTEGER", "absence TEXT",
            ],
            usage:
                "book_top needs a symbol, two times and a step: book_top('BTCUSDT', '2026-01-05', '2026-01-06', '1m')"
        ) { arguments in
            let from = try SQLArgument(arguments[1], "the start of book_top").time()
            let to = try SQLArgument(arguments[2], "the end of book_top").time()
            let step = try SQLArgument(arguments[3], "the step of book_top").step()
            var walks = try source.walks(arguments[0], channel: arguments[4], venue: arguments[5])
            var next: UnixNanoseconds? = from
            return {
                guard let time = next, time < to else { return nil }
                let (sum, overflows) = time.rawValue.addingReportingOverflow(step)
                next = overflows ? nil : UnixNanoseconds(sum)
                let instant: [SQLValue] = [.integer(time.rawValue), .text(time.iso8601)]
                do {
                    return instant + top(of: try walks.book(at: time))
                } catch let absence as BookAbsence {
                    return instant + [.null, .null, .null, .null, .null, .null, .text(absence.reason)]
                }
            }
        }
    }

    private static func top(of found: RecordedBook) -> [SQLValue] {
        let (bid, ask) = (found.book.bids.best, found.book.asks.best)
        return [
            bid.map { real($0.price) } ?? .null, bid.map { real($0.size) } ?? .null,
            ask.map { real($0.price) } ?? .null, ask.map { real($0.size) } ?? .null,
            .integer(found.tsRecv.rawValue), .integer(found.isVerifiable ? 1 : 0), .null,
        ]
    }
}
