import MarketModel
import Testing

@testable import Archive

/// The share of time in which books were valid.
struct BookHealthTests {
    private let instruments = [
        InstrumentRow(instrumentID: 1, venue: "binance-spot", symbol: "BTCUSDT", priceDigits: 2, sizeDigits: 5),
        InstrumentRow(instrumentID: 2, venue: "binance-spot", symbol: "BTCUSDT", priceDigits: 3, sizeDigits: 5),
    ]

    private func state(
        _ message: Int64,
        isValid: Bool,
        connection: Int64 = 1,
        instrument: Int64 = 1,
        channel: String = "depth",
        resyncs: Int64 = 0,
        failures: Int64 = 0
    ) -> BookCheckpointRow {
        var row = BookCheckpointRow(
            connectionID: connection,
            instrumentID: instrument,
            channel: channel,
            tsRecv: UnixNanoseconds(1000 + message * 10),
            messageIndex: message,
            item: 0,
            tsEvent: nil,
            isValid: isValid,
            cause: isValid ? "snapshot" : "sequence",
            isVerifiable: true
        )
        row.counts.resyncs = resyncs
        row.counts.checksums = failures * 2
        row.counts.checksumFailures = failures
        return row
    }

    private func connection(_ id: Int64, closed: Int64?) -> ConnectionRow {
        ConnectionRow(
            connectionID: id,
            sessionID: 1,
            feedName: "feed",
            venue: "binance-spot",
            opened: ConnectionOpened(feedID: 1, tsOpened: UnixNanoseconds(1000)),
            closed: closed.map { time in
                ConnectionClosed(connectionID: id, tsClosed: UnixNanoseconds(time), closedBy: .remote)
            }
        )
    }

    private func health(
        _ states: [BookCheckpointRow],
        closed: [Int64: Int64] = [:],
        last: Int64 = 2000
    ) -> [BookHealth] {
        BookHealth.all(
            states: states,
            instruments: instruments,
            connections: [1, 2].map { connection($0, closed: closed[$0]) },
            tsLast: UnixNanoseconds(last)
        )
    }

    @Test("a hole lasts until the next snapshot, whatever instrument has the digits")
    func hole() throws {
        let book = try #require(
            health([
                state(0, isValid: true), state(10, isValid: true), state(20, isValid: false, failures: 1),
                state(50, isValid: true, instrument: 2, resyncs: 1, failures: 1),
            ]).first
        )
        #expect(book.knownNS == 1000)
        #expect(book.validNS == 700)
        #expect(book.fraction == 0.7)
        #expect(book.resyncs == 1)
        #expect(book.checksums == 2)
        #expect(book.checksumFailures == 1)
    }

    @Test("the time of a book ends with its connection, and begins again with the next one's first state")
    func connections() throws {
        let states = [
            state(0, isValid: true, resyncs: 0), state(30, isValid: false, resyncs: 2),
            state(60, isValid: true, connection: 2), state(80, isValid: false, connection: 2, resyncs: 1),
        ]
        let book = try #require(health(states, closed: [1: 1300, 2: 1900]).first)
        #expect(book.knownNS == 300 + 300)
        #expect(book.validNS == 300 + 200)
        #expect(book.resyncs == 3)
    }

    @Test("one valid book of two connections is enough, and overlaps count once")
    func overlap() throws {
        let states = [
            state(0, isValid: true), state(40, isValid: false),
            state(30, isValid: true, connection: 2), state(90, isValid: false, connection: 2),
        ]
        let book = try #require(health(states, closed: [1: 1400, 2: 1900]).first)
        #expect(book.knownNS == 900)
        #expect(book.validNS == 900)
    }

    @Test("each channel is a book of its own, and a book without time is valid")
    func channels() {
        let books = health(
            [state(0, isValid: true, channel: "b"), state(100, isValid: true, channel: "a")],
            last: 2000
        )
        #expect(books.map(\.channel) == ["a", "b"])
        #expect(books.map(\.fraction) == [1, 1])
        #expect(books.map(\.knownNS) == [0, 1000])
    }

    @Test("times at the ends of the range do not trap")
    func extremes() {
        var first = state(0, isValid: true)
        first.tsRecv = UnixNanoseconds(.min)
        var last = state(1, isValid: false)
        last.tsRecv = UnixNanoseconds(.max)
        #expect(health([first, last]).map(\.knownNS) == [.max])
    }
}
