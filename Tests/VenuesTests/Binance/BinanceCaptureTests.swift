import Foundation
import Interchange
import MarketModel
import Testing
import Venues

/// The folder with captures and golden tables; they are too large for the repository.
private enum SharedData {
    static let folder = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }
}

/// Whole captures against golden numbers that ticks do not cover, and their messages with every small damage.
@Suite(.enabled(if: SharedData.folder != nil, "FEEDREC_SHARED does not name the data folder"))
struct BinanceCaptureTests {
    /// A capture, and the market that it belongs to.
    struct Capture: Sendable, CustomTestStringConvertible {
        let name: String
        let file: String
        let market: BinanceMarket
        var testDescription: String { name }
    }

    static let captures = [
        Capture(name: "binance-spot-multi4-20211012", file: "binance-spot/multi4-20211012.cf.txt", market: .spot),
        Capture(
            name: "binance-spot-btcusdt-20240808-head1200",
            file: "binance-spot/btcusdt-20240808-head1200.txt",
            market: .spot
        ),
        Capture(name: "binance-usdm-multi4-20210722", file: "binance-usdm/multi4-20210722.cf.txt", market: .usdm),
        Capture(
            name: "binance-usdm-btcusdt-20240808-head800",
            file: "binance-usdm/btcusdt-20240808-head800.txt",
            market: .usdm
        ),
    ]

    private static func messages(_ capture: Capture) throws -> MessageBatch {
        let folder = try #require(SharedData.folder)
        return try readMessages(folder + "captures/" + capture.file)
    }

    private static func golden(_ table: String, _ capture: Capture) throws -> [[String]] {
        let text = try String(contentsOfFile: try #require(SharedData.folder) + "golden/" + table, encoding: .utf8)
        return text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
            .filter { $0[0] == capture.name }
    }

    private static func read(_ messages: MessageBatch, _ market: BinanceMarket) -> BinanceRun {
        var run = BinanceRun(market)
        var outgoing = MessageBatch()
        run.outcome = run.dialect.receive(messages, now: run.now, events: &run.events, outgoing: &outgoing)
        return run
    }

    @Test("the changes of every book continue as the golden table says", arguments: captures)
    func continuity(capture: Capture) throws {
        let run = Self.read(try Self.messages(capture), capture.market)
        var checked = 0
        for row in try Self.golden("continuity.csv", capture) where row[2].hasPrefix("depth") {
            let changes = run.events.bookMessages.filter {
                run.symbol(run.dialect.books[$0.book].symbol) == row[1] && $0.kind == .change
            }
            let pairs = zip(changes, changes.dropFirst())
            let breaks = pairs.count { before, after in
                capture.market == .spot ? after.first != before.last.map { $0 + 1 } : after.previous != before.last
            }
            #expect(changes.count - 1 == Int(row[3]) && breaks == Int(row[4]), "\(row[1])")
            checked += 1
        }
        #expect(checked > 0)
        let snapshots = try Self.golden("messages.csv", capture).first { $0[2] == "snapshot-rest" }
        #expect(run.events.bookMessages.count { $0.kind == .snapshot } == Int(snapshots?[3] ?? "0"))
        #expect(run.outcome.unrecognised == 0)
    }

    @Test("the last candles are those of the golden table", arguments: captures)
    func klines(capture: Capture) throws {
        let run = Self.read(try Self.messages(capture), capture.market)
        var last: [String: String] = [:]
        for event in run.events.venueEvents where event.kind == "kline" {
            let candle = try JSONDecoder().decode(Kline.self, from: Data(event.json)).k
            let prices = [candle.o, candle.h, candle.l, candle.c, candle.v].map {
                FixedDecimal($0)?.canonicalText ?? "?"
            }
            let key = "\(run.symbol(event.symbol) ?? "?"),\(candle.i),\(candle.t)"
            last[key] = "\(prices.joined(separator: ",")),\(candle.n),\(candle.x ? 1 : 0)"
        }
        let golden = try Self.golden("venue_klines.csv", capture).map { $0.dropFirst().joined(separator: ",") }
        #expect(last.map { "\($0.key),\($0.value)" }.sorted() == golden.sorted())
    }

    private struct Kline: Decodable {
        struct Candle: Decodable {
            let t: Int64, i: String, o: String, h: String, l: String, c: String, v: String, n: Int, x: Bool
        }
        let k: Candle
    }

    /// The first message of each kind, in the envelope; long ones only cost time.
    private static func samples(_ capture: Capture) throws -> [[UInt8]] {
        let messages = try messages(capture)
        var seen: Set<String> = []
        var samples: [[UInt8]] = []
        for index in messages.entries.indices where messages.entries[index].length < 600 {
            let payload = messages.payload(at: index)
            let name = String(decoding: payload, as: UTF8.self).split(separator: "\"").dropFirst(3).first ?? ""
            let kind = String(name.drop { $0 != "@" })
            if messages.entries[index].direction == .received, seen.insert(kind).inserted { samples.append(payload) }
        }
        return samples
    }

    @Test("a message that is cut or has a wrong byte gives rows or an oddity, and never a trap", arguments: captures)
    func damage(capture: Capture) throws {
        let samples = try Self.samples(capture)
        #expect(samples.count >= 3)
        for sample in samples {
            var damaged = MessageBatch()
            for position in sample.indices {
                damaged.append(sample[..<position], direction: .received, tsRecv: UnixNanoseconds(0))
                for byte in Array(#"0-"}],:x"#.utf8) + [0, 0xFF] {
                    var changed = sample
                    changed[position] = byte
                    damaged.append(changed, direction: .received, tsRecv: UnixNanoseconds(0))
                }
            }
            let run = Self.read(damaged, capture.market)
            // A changed name may make a message that is stored only as received, so it counts as data.
            #expect(run.outcome.recognised + run.outcome.unrecognised == damaged.count)
            let odd = Set(run.events.venueEvents.filter(\.isOddity).map(\.origin.message))
            for (index, entry) in damaged.entries.enumerated() where entry.length < sample.count {
                #expect(odd.contains(index), "cut at \(entry.length)")
            }
        }
    }
}

/// Reads a file of recorded messages.
private func readMessages(_ path: String) throws -> MessageBatch {
    var reader = try MessageFileReader(path: path)
    var messages = MessageBatch()
    var connections: [ConnectionOpened] = []
    while try reader.next(maxMessages: 1000, into: &messages, connectionEvents: &connections) {}
    return messages
}
