import Foundation
import MarketModel
import Venues

/// The trades and quotes of a capture in the columns of `golden/summary.csv`.
struct TickSummary {
    /// One trade or two-sided quote; `price` is the bid of a quote.
    fileprivate struct Tick {
        let ts: Int64
        let price: Decimal
        let size: Decimal
    }

    fileprivate struct Series {
        var count = 0
        var oneSided = 0
        var duplicateIDs = 0
        var outOfOrder = 0
        var takerBuys: Int?
        var ticks: [Tick] = []
        var ids: Set<Int64> = []
        var tsLatest = Int64.min
    }

    private struct Key: Hashable {
        let symbol: String
        let kind: String
    }

    private var series: [Key: Series] = [:]
    /// The numbers of a symbol's trades, in order of arrival, including those that are not market trades.
    private(set) var tradeIDs: [String: [Int64]] = [:]
    /// The numbers of a symbol's quotes, in order of arrival.
    private(set) var quoteNumbers: [String: [Int64]] = [:]

    /// Adds the events of a batch; events without a time of the venue get the receive time.
    mutating func add(_ events: MarketEvents, of batch: MessageBatch, _ symbols: SymbolTable) {
        for trade in events.trades {
            let symbol = symbols.text(of: trade.symbol)
            if let id = trade.tradeID { tradeIDs[symbol, default: []].append(id) }
            guard trade.isExecution else { continue }
            var own = series[Key(symbol: symbol, kind: "trade"), default: Series()]
            own.takerBuys = (own.takerBuys ?? 0) + (trade.aggressorSide == .buyer ? 1 : 0)
            if let id = trade.tradeID, !own.ids.insert(id).inserted { own.duplicateIDs += 1 }
            let ts = trade.tsEvent ?? batch.entries[trade.origin.message].tsRecv
            own.append(Tick(ts: ts.rawValue, price: trade.price.decimal, size: trade.size.decimal))
            series[Key(symbol: symbol, kind: "trade")] = own
        }
        for quote in events.quotes {
            let symbol = symbols.text(of: quote.symbol)
            if let number = quote.sequence { quoteNumbers[symbol, default: []].append(number) }
            var own = series[Key(symbol: symbol, kind: "quote"), default: Series()]
            if let bid = quote.bidPrice, quote.askPrice != nil {
                let ts = quote.tsEvent ?? batch.entries[quote.origin.message].tsRecv
                own.append(Tick(ts: ts.rawValue, price: bid.decimal, size: 0))
            } else {
                own.count += 1
                own.oneSided += 1
            }
            series[Key(symbol: symbol, kind: "quote")] = own
        }
    }

    /// The rows from the column `symbol` on, sorted.
    var rows: [String] {
        series.map { key, own in ([key.symbol, key.kind] + own.columns).joined(separator: ",") }.sorted()
    }
}

extension TickSummary.Series {
    fileprivate mutating func append(_ tick: TickSummary.Tick) {
        count += 1
        if tick.ts < tsLatest { outOfOrder += 1 }
        tsLatest = max(tsLatest, tick.ts)
        ticks.append(tick)
    }

    /// The columns from `count` on.
    fileprivate var columns: [String] {
        let counts = [count, oneSided, duplicateIDs, outOfOrder].map(String.init)
        // A stable order by time, then by arrival.
        let ordered = ticks.enumerated().sorted { ($0.element.ts, $0.offset) < ($1.element.ts, $1.offset) }.map(
            \.element
        )
        guard let first = ordered.first, let last = ordered.last else {
            return counts + Array(repeating: "", count: 9)
        }
        let prices = ordered.map(\.price)
        var columns = counts + ["\(first.ts)", "\(last.ts)", "\(first.price)", "\(last.price)"]
        columns += ["\(prices.min() ?? 0)", "\(prices.max() ?? 0)"]
        guard let takerBuys else { return columns + ["", "", ""] }
        let volume = ordered.reduce(Decimal(0)) { $0 + $1.size }
        let notional = ordered.reduce(Decimal(0)) { $0 + $1.price * $1.size }
        return columns + ["\(volume)", "\(notional)", "\(takerBuys)"]
    }
}

extension FixedDecimal {
    /// The same number; `Decimal` holds 38 digits.
    fileprivate var decimal: Decimal { Decimal(string: canonicalText) ?? .nan }
}
