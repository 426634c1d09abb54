import Archive
import MarketModel

/// Rows of two instruments, `AAA` with price digits 2 and `BBB` with price digits 5, an account and gaps.
enum SampleRows {
    static let instruments = [
        InstrumentRow(instrumentID: 1, venue: "mt4", symbol: "AAA", priceDigits: 2, sizeDigits: 1),
        InstrumentRow(instrumentID: 2, venue: "mt4", symbol: "BBB", priceDigits: 5, sizeDigits: 0),
    ]

    static func quote(_ instrument: Int64, _ offset: Int64, message: Int64, item: Int64 = 0) -> QuoteRow {
        QuoteRow(
            instrumentID: instrument,
            tsRecv: TapeArchive.time(offset),
            messageIndex: message,
            item: item,
            tsEvent: nil,
            bidPrice: 100 + message,
            bidSize: nil,
            askPrice: 101 + message,
            askSize: 5,
            sequence: nil
        )
    }

    static func trade(_ instrument: Int64, _ offset: Int64, message: Int64, item: Int64 = 0) -> TradeRow {
        TradeRow(
            instrumentID: instrument,
            tsRecv: TapeArchive.time(offset),
            messageIndex: message,
            item: item,
            tsEvent: TapeArchive.time(offset - 5),
            price: 100 + message,
            size: 15,
            aggressorSide: .seller,
            tradeID: message
        )
    }

    static func margin(_ offset: Int64, message: Int64, item: Int64 = 0) -> MarginUpdateRow? {
        var update = MarginUpdate(origin: EventOrigin(message: 0, item: Int(item)), login: 1001)
        update.balance = FixedDecimal("1000.50")
        update.state = .marginCall
        return MarginUpdateRow(update, tsRecv: TapeArchive.time(offset), messageIndex: message, feedID: 1)
    }

    static func gap(_ id: Int64, _ offset: Int64) -> GapRow {
        GapRow(
            gapID: id,
            sessionID: 1,
            feedID: 1,
            tsFrom: TapeArchive.time(offset),
            tsTo: TapeArchive.time(offset + 1000),
            cause: "disconnect",
            detail: "lost"
        )
    }

    /// One row of each kind per message in turn, a millisecond apart, and two gaps.
    static func mixed(count: Int64) -> WriteBatch {
        var rows = WriteBatch()
        rows.instruments = instruments
        for message in 0..<count {
            let offset = message * 1_000_000
            switch message % 5 {
            case 0: rows.trades.append(trade(1, offset, message: message))
            case 1: rows.marginUpdates += [margin(offset, message: message)].compactMap { $0 }
            default: rows.quotes.append(quote(1 + message % 2, offset, message: message))
            }
        }
        rows.gaps = [gap(1, 3_000_000), gap(2, count / 2 * 1_000_000)]
        return rows
    }

    /// Messages for ``mixed(count:)``, one for each row.
    static func messages(count: Int64) -> [TapeArchive.Message] {
        (0..<count).map { .init(connection: 0, offset: $0 * 1_000_000, text: "m\($0)") }
    }
}
