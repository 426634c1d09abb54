import Archive
import MarketModel
import Testing

@testable import Replaying

/// The JSON of `/replay` for rows with missing values.
struct EventWriterTests {
    private static let instrument = EventWriter.Instrument(
        InstrumentRow(instrumentID: 1, venue: "v", symbol: "S", priceDigits: 2, sizeDigits: 1)
    )

    private static func text(_ write: (inout EventWriter) -> Void) -> String {
        var writer = EventWriter()
        write(&writer)
        return String(decoding: writer.popChunk().batch.payload(at: 0), as: UTF8.self)
    }

    @Test(
        "B10 an amount that is not a finite number is left out; one that is too long for a mantissa is kept",
        arguments: [
            ("Infinity", nil), ("NaN", nil), ("-Infinity", nil), ("1e999", nil), ("1e-400", nil), ("x", nil),
            ("12345678901234567890.5", "12345678901234567890.5"),
        ] as [(String, String?)]
    )
    func amounts(level: String, expected: String?) {
        var row = MarginUpdateRow(
            tsRecv: UnixNanoseconds(5),
            messageIndex: 1,
            item: 0,
            feedID: 1,
            login: 7,
            digits: 2
        )
        row.balance = 0
        row.texts.marginLevel = level
        let text = Self.text { $0.append(row) }
        #expect(text.contains(#""balance":0.00"#))
        #expect(text.contains("margin_level") == (expected != nil))
        if let expected { #expect(text.contains(#""margin_level":\#(expected),"#)) }
    }

    @Test("B2 a side without a price has no members")
    func oneSided() {
        let row = QuoteRow(
            instrumentID: 1,
            tsRecv: UnixNanoseconds(5),
            messageIndex: 1,
            item: 0,
            tsEvent: nil,
            bidPrice: 0,
            bidSize: 0,
            askPrice: -3763,
            askSize: 15,
            sequence: nil
        )
        let text = Self.text { $0.append(row, Self.instrument) }
        #expect(!text.contains("bid_") && text.contains(#""ask_price":-37.63,"ask_size":1.5,"#))
    }

    @Test("a quote that is derived from an order book has a mark")
    func derived() {
        var row = SampleRows.quote(1, 0, message: 3)
        #expect(!Self.text { $0.append(row, Self.instrument) }.contains("is_derived"))
        (row.sequence, row.isDerived) = (9, true)
        let text = Self.text { $0.append(row, Self.instrument) }
        #expect(text.contains(#","sequence":9,"is_derived":true,"message_index":3}"#))
    }

    @Test("B3 an aggregate reports its kind, its trade IDs and that bars are not made of it")
    func aggregate() {
        var row = TradeRow(
            instrumentID: 1,
            tsRecv: UnixNanoseconds(5),
            messageIndex: 1,
            item: 0,
            tsEvent: nil,
            price: 100,
            size: 30,
            aggressorSide: nil,
            tradeID: 7
        )
        let single = Self.text { $0.append(row, Self.instrument) }
        #expect(!single.contains("is_aggregate") && !single.contains("in_bars"))
        (row.isAggregate, row.firstTradeID, row.lastTradeID, row.isInBars) = (true, 11, 12, false)
        let text = Self.text { $0.append(row, Self.instrument) }
        #expect(
            text.contains(
                #""trade_id":7,"is_aggregate":true,"first_trade_id":11,"last_trade_id":12,"in_bars":false,"#
            )
        )
    }
}
