import Interchange
import MarketModel
import Testing
import Venues

/// Every capture, read as a file and by the reader of its venue, against the golden tables.
///
/// A capture belongs to the venue that has the name of the capture's folder as its name or alias. Captures of venues
/// that feedrec does not have are only read as files.
@Suite(.enabled(if: GoldenCapture.shared != nil, GoldenCapture.reason))
struct GoldenCapturesTests {
    /// The captures of venues that feedrec has.
    static let readable = GoldenCapture.all.filter { Venue.called($0.folder) != nil }

    private static let batchMessages = 1000

    @Test("there are captures to check")
    func present() {
        #expect(GoldenCapture.all.count == 18)
        #expect(Self.readable.contains { $0.folder == "binance-spot" })
    }

    @Test("the payloads of every capture match the golden digests", arguments: GoldenCapture.all)
    func payloads(capture: GoldenCapture) throws {
        let contents = MessageFileContents(path: capture.path, receiveTimes: .checked)
        let received = contents.messages.entries.filter { $0.direction == .received }
        #expect(contents.error == nil)
        #expect(received.count == capture.records && received.count == capture.messageCount("recv"))
        #expect(received.reduce(0) { $0 + $1.length } == capture.payloadBytes)
        #expect(try receivedPayloadDigest(contents.messages) == capture.payloadSHA256)
        #expect(contents.messages.count - received.count == capture.messageCount("send"))
        #expect(contents.connections.count == capture.messageCount("connect"))
        let format = contents.reader?.format
        let ending = capture.path.hasSuffix(".gz") ? capture.path.dropLast(3) : capture.path[...]
        switch ending.split(separator: ".").last {
        case "jsonl": #expect(format == .jsonl)
        case "tsv": #expect(format == .tsv)
        default: #expect(format == (ending.hasSuffix(".cf.txt") ? .cf : .ns))
        }
    }

    @Test("the venue's reader finds the golden trades and quotes in every capture", arguments: readable)
    func ticks(capture: GoldenCapture) throws {
        let venue = try #require(Venue.called(capture.folder))
        let summary = try read(capture, with: venue)
        let golden = capture.rows("summary.csv").map { $0.dropFirst(2).joined(separator: ",") }.sorted()
        #expect(summary.rows == golden)
    }

    @Test("the numbers of trades and quotes continue as the golden table says", arguments: readable)
    func continuity(capture: GoldenCapture) throws {
        let venue = try #require(Venue.called(capture.folder))
        let summary = try read(capture, with: venue)
        for row in capture.rows("continuity.csv") {
            let (symbol, rule, checked, violations) = (row[1], row[2], Int(row[3]), Int(row[4]))
            if rule.hasSuffix("==prev+1"), rule.contains("trade") || rule.contains("aggTrade") {
                let ids = summary.tradeIDs[symbol] ?? []
                #expect(ids.count - 1 == checked, "\(symbol)")
                #expect(zip(ids, ids.dropFirst()).count { $1 != $0 + 1 } == violations, "\(symbol)")
            } else if rule == "bookTicker u increasing" {
                let numbers = summary.quoteNumbers[symbol] ?? []
                #expect(numbers.count == checked, "\(symbol)")
                #expect(zip(numbers, numbers.dropFirst()).count { $1 < $0 } == violations, "\(symbol)")
            }
        }
    }

    /// Reads the whole capture; every message must be one of the venue's.
    private func read(_ capture: GoldenCapture, with venue: Venue) throws -> TickSummary {
        let messages = MessageFileContents(path: capture.path).messages
        var dialect = venue.makeReader()
        var summary = TickSummary()
        var events = MarketEvents()
        var outgoing = MessageBatch()
        for start in stride(from: 0, to: messages.count, by: Self.batchMessages) {
            let batch = messages.part(start..<min(start + Self.batchMessages, messages.count))
            events.removeAll()
            let outcome = dialect.receive(batch, now: batch.entries[0].tsRecv, events: &events, outgoing: &outgoing)
            #expect(outcome.unrecognised == 0)
            #expect(outcome.recognised == batch.entries.count { $0.direction == .received })
            for event in events.venueEvents where event.isOddity {
                Issue.record("message \(start + event.origin.message): \(String(decoding: event.json, as: UTF8.self))")
            }
            summary.add(events, of: batch, dialect.symbols)
        }
        return summary
    }
}
