import Foundation
import Interchange
import MarketModel
import Testing
import Venues

struct GoldenCaptureTests {
    /// The folder with `data/`; the captures are too large for the repository.
    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }

    /// The rows of a golden table whose captures are in a message format, without its header.
    private static func rows(_ table: String) -> [[String]] {
        guard let shared else { return [] }
        return lines(of: shared + "golden/" + table).lines.dropFirst().map {
            String(decoding: $0, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    static let captures = rows("files.csv").filter {
        $0[1].hasPrefix("captures/") && ($0[1].hasSuffix(".txt") || $0[1].hasSuffix(".txt.gz"))
    }

    @Test("there are captures to check", .enabled(if: shared != nil, "FEEDREC_SHARED does not name the data folder"))
    func present() {
        #expect(Self.captures.count == 13)
    }

    @Test(
        "the payloads of every capture match the golden digests",
        .enabled(if: shared != nil, "FEEDREC_SHARED does not name the data folder"),
        arguments: captures
    )
    func digests(row: [String]) throws {
        let contents = MessageFileContents(path: (Self.shared ?? "") + row[1])
        let received = contents.messages.entries.filter { $0.direction == .received }
        #expect(contents.error == nil)
        #expect(received.count == Int(row[4]) && received.reduce(0) { $0 + $1.length } == Int(row[5]))
        #expect(try receivedPayloadDigest(contents.messages) == row[6])
        func golden(_ direction: String) -> Int {
            Self.rows("messages.csv").filter { $0[0] == row[0] && $0[1] == direction }.compactMap { Int($0[3]) }.reduce(
                0,
                +
            )
        }
        #expect(received.count == golden("recv"))
        #expect(contents.messages.count - received.count == golden("send"))
        #expect(contents.connections.count == golden("connect"))
    }

    @Test(
        "normalised Binance messages match the golden numbers",
        .enabled(if: shared != nil, "FEEDREC_SHARED does not name the data folder"),
        arguments: captures.filter { $0[0].hasPrefix("binance-") }
    )
    func normalised(row: [String]) {
        let batch = MessageFileContents(path: (Self.shared ?? "") + row[1]).messages
        var dialect = BinanceSpotDialect(streams: [])
        var events = MarketEvents()
        var outgoing = MessageBatch()
        let outcome = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        var counts: [String: Int] = [:]
        for golden in Self.rows("messages.csv") where golden[0] == row[0] && golden[1] == "recv" {
            counts[golden[2]] = Int(golden[3])
        }
        #expect(events.quotes.count == counts["bookTicker", default: 0])
        #expect(events.trades.count == counts["trade", default: 0] + counts["aggTrade", default: 0])
        #expect(events.venueEvents.isEmpty && outcome.dataMessages == batch.count)
        for summary in Self.rows("summary.csv") where summary[0] == row[0] && summary[3] == "trade" {
            let trades = events.trades.filter { dialect.symbols.text(of: $0.symbol) == summary[2] }
            #expect(trades.first?.tsEvent?.rawValue == Int64(summary[8]))
            #expect(trades.last?.tsEvent?.rawValue == Int64(summary[9]))
            #expect(trades.first?.price.canonicalText == summary[10] && trades.last?.price.canonicalText == summary[11])
            #expect(trades.filter { $0.aggressorSide == .buyer }.count == Int(summary[16]))
        }
    }
}
