import Archive
import BarBuilding
import Foundation
import MarketModel

@testable import Recording
@testable import Replaying

/// Identifies a bar for a reader.
struct BarName: Hashable, Comparable, CustomStringConvertible {
    let side: String
    let interval: String
    let tsOpen: Int64

    static func < (left: BarName, right: BarName) -> Bool {
        (left.interval, left.side, left.tsOpen) < (right.interval, right.side, right.tsOpen)
    }

    var description: String { "\(side) \(interval) at \(tsOpen)" }
}

/// Prices, ticks and volume as canonical decimals.
typealias BarTable = [BarName: [String]]

/// The bars of one archive from its four readers.
struct BarReadings {
    static let intervals = ["1s", "1m", "1h"]
    let path: String
    var symbol = "BTCUSDT"

    /// The stored bars; a number distinguishes two bars of the same name.
    func stored() throws -> BarTable {
        let reader = try ArchiveReader(path: path)
        var table: BarTable = [:]
        for row in try reader.instruments() {
            for side in [BarSide.bid, .ask, .trade] {
                for text in Self.intervals {
                    guard let interval = BarInterval(text: text) else { continue }
                    let bars = try reader.bars(
                        instrumentID: row.instrumentID,
                        side: side,
                        intervalNS: interval.nanoseconds,
                        from: UnixNanoseconds(.min),
                        limit: 100_000
                    )
                    for bar in bars {
                        let name = BarName(side: side.name, interval: text, tsOpen: bar.tsOpen.rawValue)
                        table[name, default: []] += Self.facts(
                            prices: [bar.open, bar.high, bar.low, bar.close].map { decimal($0, row.priceDigits) },
                            tickCount: bar.tickCount,
                            volume: bar.volume.map { decimal($0, row.sizeDigits) }
                        )
                    }
                }
            }
        }
        return table
    }

    /// The last version of each bar on `/replay?bars=`.
    func replayed() throws -> BarTable {
        let order = EventOrder(intervals: Self.intervals.compactMap { BarInterval(text: $0) })
        var reader = EventReader(try TapeCatalog([try ArchiveReader(path: path)]), order)
        var table: BarTable = [:]
        while case .chunk(let chunk) = try reader.next() {
            for place in chunk.kinds.indices where chunk.kinds[place] == .bar {
                let text = String(decoding: chunk.batch.payload(at: place), as: UTF8.self)
                let bar = try Self.decoder.decode(ReplayedBar.self, from: Data(text.utf8))
                let name = BarName(side: bar.side, interval: bar.interval, tsOpen: bar.tsOpen)
                table[name] = Self.facts(
                    prices: [bar.open, bar.high, bar.low, bar.close].map { canonical($0) },
                    tickCount: bar.tickCount,
                    volume: bar.volume.map { canonical($0) }
                )
            }
        }
        return table
    }

    /// The bars from `/api/bars`.
    func charted() throws -> BarTable {
        let catalog = try TapeCatalog([try ArchiveReader(path: path)])
        let reading = TapeReading(catalog: catalog, range: ReadRange(), symbols: nil)
        var table: BarTable = [:]
        for side in ["bid", "ask", "trade"] {
            for interval in Self.intervals {
                let query = [("symbol", symbol), ("side", side), ("interval", interval), ("limit", "10000")]
                let answer = try reading.bars(query.map { (name: $0.0, value: $0.1) })
                let bars = try Self.decoder.decode(Chart.self, from: Data(answer.utf8)).bars
                for bar in bars {
                    let numbers = bar.map { $0.map { canonical($0) } }
                    let name = BarName(side: side, interval: interval, tsOpen: Int64(numbers[0] ?? "") ?? 0)
                    table[name] = Self.facts(
                        prices: numbers[1...4].compactMap { $0 },
                        tickCount: Int64(numbers[5] ?? "") ?? 0,
                        volume: side == "trade" ? numbers[6] : nil
                    )
                }
            }
        }
        return table
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private static func facts(prices: [String], tickCount: Int64, volume: String?) -> [String] {
        prices + ["\(tickCount)", volume ?? "-"]
    }

    private func decimal(_ mantissa: Int64, _ digits: UInt8) -> String {
        FixedDecimal(mantissa: mantissa, digits: digits).canonicalText
    }

    private func canonical(_ number: Decimal) -> String { FixedDecimal("\(number)")?.canonicalText ?? "\(number)" }
}

/// A bar of `/replay`, with its JSON names.
private struct ReplayedBar: Decodable {
    let side: String
    let interval: String
    let tsOpen: Int64
    let open: Decimal
    let high: Decimal
    let low: Decimal
    let close: Decimal
    let tickCount: Int64
    let volume: Decimal?
}

private struct Chart: Decodable {
    let bars: [[Decimal?]]
}

/// A few lines about the differences; none if there are none.
func differences(_ left: BarTable, _ right: BarTable) -> [String] {
    Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted().prefix(5).map { name in
        "\(name): \(left[name] ?? ["none"]) and \(right[name] ?? ["none"])"
    }
}
