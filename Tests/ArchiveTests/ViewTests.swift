import Archive
import Foundation
import MarketModel
import Testing

/// The output of the views, read with the stock `sqlite3` if it is installed.
@Suite(.enabled(if: hasSQLiteShell, "needs the command line shell sqlite3"))
struct ViewTests {
    @Test("prices and sizes print as they were sent, even while the recording is written")
    func prices() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let sql = "SELECT symbol, bid, ask, bid_size, ask_size, ts_event, time_event FROM quotes ORDER BY ts_recv"
        #expect(
            try output(of: "sqlite3", [recording.writer.path, sql]) == """
                BTCUSDT|61837.63|61837.64|1.49397||1723161254087891260|2024-08-08T23:54:14.087891260Z
                BTCUSDT|0.0001|0.00033432||||
                """
        )
        await recording.writer.close()
    }

    @Test("SQLite prints REAL below 0.0001 with an exponent; the number is the same, and printf shows its digits")
    func smallPrices() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let sql = """
            SELECT price, price = 0.00006547, printf('%.*f', price_digits, price), size, aggressor_side, trade_id
            FROM trades
            """
        let expected = "6.547e-05|1|0.00006547|1.0e-05|seller|7"
        #expect(try output(of: "sqlite3", [recording.writer.path, sql]) == expected)
        await recording.writer.close()
    }

    @Test("ticks come in the order in which they were received")
    func ticks() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let sql = "SELECT kind, bid, price, message_index, item FROM ticks ORDER BY ts_recv, message_index, item"
        #expect(
            try output(of: "sqlite3", [recording.writer.path, sql]) == """
                quote|61837.63||1|0
                trade||6.547e-05|1|1
                quote|0.0001||2|0
                """
        )
        await recording.writer.close()
    }

    @Test("bars show side, interval and time source as words")
    func bars() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let sql = """
            SELECT symbol, side, interval, time_open, time_close, open, close, tick_count, volume, notional, is_complete,
                time_source FROM bars ORDER BY interval_ns
            """
        #expect(
            try output(of: "sqlite3", [recording.writer.path, sql]) == """
                BTCUSDT|bid|1s|2024-08-08T23:54:14.000000000Z|2024-08-08T23:54:15.000000000Z|61837.63|61824.0|2|||1|recv
                BTCUSDT|trade|1m|2024-08-08T23:54:00.000000000Z|2024-08-08T23:55:00.000000000Z|61837.63|61824.0|2|1.49397|92368.0784068|0|event
                """
        )
        await recording.writer.close()
    }

    @Test("margin updates show amounts, states and the feed")
    func marginUpdates() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let sql = "SELECT feed, login, balance, equity, margin_level, state FROM margin_updates"
        #expect(try output(of: "sqlite3", [recording.writer.path, sql]) == "spot|1001|10050.25|-3.5||margin_call")
        await recording.writer.close()
    }

    @Test("gaps, events, connections and sessions show times as text and names instead of ids")
    func others() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let sql = """
            SELECT feed, symbol, cause, time_from, time_to FROM gaps;
            SELECT feed, kind, symbol, json FROM events;
            SELECT feed, venue, time_opened, time_closed FROM connections;
            SELECT kind, time_start, time_end FROM sessions;
            SELECT message_count, time_first, payload_bytes FROM message_blocks;
            SELECT time, offset_ns FROM clock_samples;
            """
        #expect(
            try output(of: "sqlite3", [recording.writer.path, sql]) == """
                spot|BTCUSDT|disconnect|2024-08-08T23:54:14.087891268Z|
                spot|status|EURUSD|{}
                spot|binance-spot|2024-08-08T23:54:14.087891268Z|
                record|2024-08-08T23:54:14.087891268Z|
                3|2024-08-08T23:54:14.087891268Z|6
                1969-12-31T23:59:59.999999999Z|-5
                """
        )
        await recording.writer.close()
    }

    @Test("B10 amounts that are not finite numbers are NULL in margin_updates, and their texts stay")
    func amounts() async throws {
        let texts = ["Infinity", "NaN", "-Infinity", "1e999", "1e-400", "x1", "12345678901234567890.5", "-1e20"]
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.blocks = [try block(connectionID: 1, indexes: 0...2)]
        for (item, text) in texts.enumerated() {
            var row = MarginUpdateRow(
                tsRecv: time(),
                messageIndex: 1,
                item: Int64(item),
                feedID: 1,
                login: 1,
                digits: 2
            )
            row.texts.marginLevel = text
            batch.marginUpdates.append(row)
        }
        try await recording.writer.write(batch)
        let session = try SQLSession(recordings: [recording.writer.path])
        let found = try await rows(
            of: "SELECT margin_level, margin_level_text FROM margin_updates ORDER BY item",
            in: session
        )
        #expect(found.map { text($0[1]) } == texts)
        #expect(found.map { $0[0] == .null } == [true, true, true, true, true, true, false, false])
        await recording.writer.close()
    }

    @Test("B2 a side without a price is NULL, even if the row only shows it by size 0, as in schema 4")
    func absentSides() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "BTCUSDT")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...2)]
        batch.quotes = [quote(1, 0, message: 0, bid: nil, ask: 600_000_000), quote(1, 1, message: 1, bid: 0)]
        try await recording.writer.write(batch)
        await recording.writer.close()
        let values = "1, ts_recv + 5, 2, 0, NULL, 0, 0, 700000000, 5, 7, 0"
        let change = "INSERT INTO quote SELECT \(values) FROM quote LIMIT 1"
        _ = try output(of: "sqlite3", [recording.writer.path, change])
        let session = try SQLSession(recordings: [recording.writer.path])
        let found = try await rows(of: "SELECT bid, bid_size, ask FROM quotes ORDER BY ts_recv", in: session)
        #expect(found.map { $0[0] } == [.null, .real(0), .null])
        #expect(found.map { $0[1] == .null } == [true, true, true] && found.allSatisfy { $0[2] != .null })
        let reader = try ArchiveReader(path: recording.writer.path)
        var cursor = try reader.quotes()
        var bids: [Int64?] = []
        while let row = try cursor.next() { bids.append(row.bidPrice) }
        #expect(bids == [nil, 0, nil])
    }

    @Test("B15 every view shows one instrument for a symbol, the one with the most digits")
    func oneInstrument() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [
            instrument(1, "BTCUSDT", priceDigits: 0, sizeDigits: 0),
            instrument(2, "BTCUSDT", priceDigits: 2, sizeDigits: 1),
            instrument(3, "ETHUSDT", priceDigits: 0, sizeDigits: 0),
        ]
        batch.blocks = [try block(connectionID: 1, indexes: 0...2)]
        var coarse = trade(1, 0, message: 0)
        (coarse.price, coarse.size) = (100, 1)
        var fine = trade(2, 1, message: 1)
        (fine.price, fine.size, fine.isInBars) = (10_125, 25, false)
        batch.trades = [coarse, fine]
        try await recording.writer.write(batch)
        await recording.writer.close()
        let session = try SQLSession(recordings: [recording.writer.path])
        #expect(try await rows(of: "SELECT symbol FROM instruments ORDER BY 1", in: session).count == 2)
        let trades = try await rows(
            of: "SELECT price, size, instrument_id, price_digits, in_bars FROM trades ORDER BY ts_recv",
            in: session
        )
        #expect(trades.map { $0[0] } == [.real(100), .real(101.25)] && trades.map { $0[1] } == [.real(1), .real(2.5)])
        #expect(
            trades.map { $0[2] } == [.integer(2), .integer(2)] && trades.map { $0[3] } == [.integer(2), .integer(2)]
        )
        #expect(trades.map { $0[4] } == [.integer(1), .integer(0)])
    }

    // MARK: The recording

    private static func recording() async throws -> (TemporaryDirectory, OpenRecording) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "BTCUSDT")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...2)]
        var first = quote(1, 0, message: 1, bid: 6_183_763_000_000, bidSize: 149_397_000, ask: 6_183_764_000_000)
        first.tsEvent = time(-8)
        let second = quote(1, 9, message: 2, bid: 10_000, ask: 33_432)
        batch.quotes = [second, first]
        var sale = trade(1, 0, message: 1, item: 1)
        sale.price = 6547
        batch.trades = [sale]
        batch.bars = bars
        var margin = MarginUpdateRow(tsRecv: time(), messageIndex: 1, item: 0, feedID: 1, login: 1001, digits: 2)
        (margin.balance, margin.equity, margin.state) = (1_005_025, -350, .marginCall)
        batch.marginUpdates = [margin]
        batch.events = [
            EventRow(
                tsRecv: time(),
                messageIndex: 1,
                item: 0,
                feedID: 1,
                kind: "status",
                symbol: "EURUSD",
                json: Array("{}".utf8)
            )
        ]
        batch.gaps = [
            GapRow(gapID: 1, sessionID: 1, feedID: 1, instrumentID: 1, tsFrom: time(), cause: "disconnect")
        ]
        batch.clockSamples = [ClockSampleRow(ts: UnixNanoseconds(-1), offsetNS: -5, errorNS: 1, status: 0)]
        try await recording.writer.write(batch)
        return (directory, recording)
    }

    private static var bars: [BarRow] {
        let quoteBar = BarRow(
            instrumentID: 1,
            side: .bid,
            intervalNS: 1_000_000_000,
            tsOpen: UnixNanoseconds(1_723_161_254_000_000_000),
            tsClose: UnixNanoseconds(1_723_161_255_000_000_000),
            open: 6_183_763_000_000,
            high: 6_183_763_000_000,
            low: 6_182_400_000_000,
            close: 6_182_400_000_000,
            tickCount: 2,
            isComplete: true,
            timeSource: .recv
        )
        var tradeBar = quoteBar
        (tradeBar.side, tradeBar.intervalNS, tradeBar.timeSource, tradeBar.isComplete) = (
            .trade, 60_000_000_000, .event, false
        )
        tradeBar.tsOpen = UnixNanoseconds(1_723_161_240_000_000_000)
        tradeBar.tsClose = UnixNanoseconds(1_723_161_300_000_000_000)
        (tradeBar.volume, tradeBar.takerBuyVolume, tradeBar.notional) = (149_397_000, 70_881_000, "92368.0784068")
        return [quoteBar, tradeBar]
    }
}
