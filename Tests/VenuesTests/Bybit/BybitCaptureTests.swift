import Foundation
import MarketModel
import Testing
import Venues

struct BybitCaptureTests {
    private static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }

    private static func lines(_ path: String) -> [String] {
        guard let shared, let text = try? String(contentsOfFile: shared + path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    private func reading() -> BybitReading {
        var reading = BybitReading()
        reading.read(Self.lines("captures/bybit-v5/spot-testnet-20260913.jsonl"))
        return reading
    }

    private func golden(_ name: String) -> [[String]] {
        Self.lines("golden/bybit-v5-spot-testnet-20260913.\(name).csv").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private func start(_ time: UnixNanoseconds?, _ length: Int64) -> String {
        String(((time?.rawValue ?? 0) / 1_000_000 / length) * length)
    }

    /// Trades and quotes of one bar, in order of arrival.
    private func groups<Row>(_ rows: [Row], _ key: (Row) -> String) -> [(start: String, rows: [Row])] {
        var groups: [(start: String, rows: [Row])] = []
        for row in rows {
            if groups.last?.start != key(row) { groups.append((key(row), [])) }
            groups[groups.count - 1].rows.append(row)
        }
        return groups
    }

    @Test(
        .enabled(if: shared != nil, "FEEDREC_SHARED does not name the data folder"),
        arguments: [(Int64(1000), "1s"), (60_000, "1m")]
    )
    func `bars of the capture's trades and quotes equal the golden ones`(length: Int64, name: String) {
        let events = reading().events
        let tradeBars = groups(events.trades) { start($0.tsEvent, length) }.map { group in
            let prices = group.rows.map { $0.price.withoutTrailingZeros.description }
            let buys = group.rows.count { $0.aggressorSide == .buyer }
            return [
                "BTCUSDT", group.start, prices.first ?? "", prices.last ?? "", "\(group.rows.count)", "\(buys > 0)",
            ]
        }
        #expect(
            tradeBars == golden("trades.\(name)").map { [$0[0], $0[1], $0[2], $0[5], $0[8], "\($0[9] != "0")"] }
        )
        let quoteBars = groups(events.quotes) { start($0.tsEvent, length) }.map { group in
            let bids = group.rows.map { $0.bidPrice?.withoutTrailingZeros.description ?? "" }
            let asks = group.rows.map { $0.askPrice?.withoutTrailingZeros.description ?? "" }
            let ends: [String?] = [bids.first, bids.last, asks.first, asks.last]
            return [group.start] + ends.map { $0 ?? "" } + ["\(group.rows.count)"]
        }
        #expect(quoteBars == golden("quotes.\(name)").map { [$0[1], $0[2], $0[5], $0[6], $0[9], $0[10]] })
    }

    @Test(.enabled(if: shared != nil, "FEEDREC_SHARED does not name the data folder"))
    func `every message of the capture is known, and the books are continuous`() {
        let reading = reading()
        #expect(reading.outcome.recognised == 43 && reading.outcome.unrecognised == 0)
        #expect(reading.outcome.dataMessages == 40 && reading.oddities.isEmpty)
        #expect(reading.events.trades.count == 8 && reading.events.quotes.count == 14)
        let deep = reading.events.bookMessages.filter { reading.dialect.books[$0.book].channel == "orderbook.50" }
        #expect(deep.map(\.kind) == [.snapshot] + Array(repeating: .change, count: 18))
        #expect(zip(deep, deep.dropFirst()).allSatisfy { ($0.last ?? 0) + 1 == $1.last })
        #expect(deep.first?.levels.count == 100)
    }
}
