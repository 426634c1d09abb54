import JSONScanning
import MarketModel
import OrderBooks
import Replaying

/// A book for people and for programs, best prices first.
struct BookPage {
    private let found: RecordedBook
    private let time: UnixNanoseconds
    private let bids: [BookLevel]
    private let asks: [BookLevel]

    init(_ found: RecordedBook, at time: UnixNanoseconds, depth: Int) {
        self.found = found
        self.time = time
        bids = Array(found.book.bids.prefix(depth))
        asks = Array(found.book.asks.prefix(depth))
    }

    /// A table of both sides, under the facts about the book.
    var lines: [String] {
        let book = found.book
        var lines = [
            "\(found.venue) \(found.symbol)  \(found.channel)  at \(time.iso8601)",
            "last change \(found.tsRecv.iso8601), message \(found.messageIndex)"
                + (found.tsEvent.map { ", venue time \($0.iso8601)" } ?? ""),
            "\(Counted.text(Int64(book.bids.count), "bid")), \(Counted.text(Int64(book.asks.count), "ask"))"
                + (found.isVerifiable ? "" : "  (unverifiable: the venue sends nothing to check it with)"),
        ]
        var rows = [["size", "bid", "ask", "size"]]
        for level in 0..<max(bids.count, asks.count) {
            let bid = level < bids.count ? bids[level] : nil
            let ask = level < asks.count ? asks[level] : nil
            rows.append([
                bid?.size.description ?? "", bid?.price.description ?? "", ask?.price.description ?? "",
                ask?.size.description ?? "",
            ])
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { text, width in String(repeating: " ", count: width - text.count) + text }
            lines.append(cells.joined(separator: "  "))
        }
        return lines
    }

    /// `side,level,price,size`, bids first; levels count from 1.
    var csv: [String] {
        ["side,level,price,size"]
            + [(name: "bid", levels: bids), (name: "ask", levels: asks)].flatMap { side in
                side.levels.enumerated().map { "\(side.name),\($0 + 1),\($1.price),\($1.size)" }
            }
    }

    /// Prices and sizes are texts, so that no reader rounds them.
    var json: String {
        var object = JSONObjectWriter()
        object.text("venue", found.venue)
        object.text("symbol", found.symbol)
        object.text("channel", found.channel)
        object.integer("ts", time.rawValue)
        object.integer("ts_recv", found.tsRecv.rawValue)
        object.integer("ts_event", found.tsEvent?.rawValue)
        object.integer("message_index", found.messageIndex)
        object.text("file", found.file)
        object.boolean("is_verifiable", found.isVerifiable)
        object.integer("bid_count", Int64(found.book.bids.count))
        object.integer("ask_count", Int64(found.book.asks.count))
        object.raw("bids", Self.list(bids))
        object.raw("asks", Self.list(asks))
        return object.text()
    }

    private static func list(_ levels: [BookLevel]) -> String {
        "[" + levels.map { "[\"\($0.price)\",\"\($0.size)\"]" }.joined(separator: ",") + "]"
    }
}
