import Archive
import JournalFormat
import MarketModel
import OrderBooks
import Testing
import Venues

@testable import Replaying

/// Clients of venues that join or seek into the middle of a capture: a correct client keeps its books right.
@Suite(.enabled(if: BookArchive.shared != nil, BookArchive.reason), .timeLimit(.minutes(10)))
struct VenueClientTests {
    /// A capture, and what a client of its venue subscribes to.
    struct Scene: CustomTestStringConvertible, Sendable {
        let capture: BookCapture
        let path: String
        var login: String?
        let requests: [String]
        var testDescription: String { capture.testDescription }
    }

    private static let scenes = [
        Scene(
            capture: BookCapture(folder: "bybit-v5", file: "spot-testnet-20260913.jsonl"),
            path: "/v5/public/spot",
            requests: [#"{"op":"subscribe","args":["orderbook.50.BTCUSDT","publicTrade.BTCUSDT"]}"#]
        ),
        Scene(
            capture: BookCapture(folder: "okx-v5", file: "multi3-20220513.cf.txt"),
            path: "/ws/v5/public",
            requests: ["BTC-USDT", "BTC-USD-220527", "UNI-USD-SWAP"].map {
                #"{"op":"subscribe","args":[{"channel":"books","instId":"\#($0)"}]}"#
            }
        ),
        Scene(
            capture: BookCapture(folder: "kraken-v2", file: "btcusd-book10-20260801.tsv"),
            path: "/v2",
            requests: [
                #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":10},"req_id":1}"#
            ]
        ),
        Scene(
            capture: BookCapture(folder: "deribit-v2", file: "options-20210722.cf.txt"),
            path: "/ws/api/v2",
            login: #"{"jsonrpc":"2.0","id":0,"method":"public/auth","params":{"grant_type":"client_credentials","#
                + #""client_id":"a","client_secret":"b"}}"#,
            requests: ["BTC-24SEP21-8000-P", "BTC-31DEC21-34000-P", "ETH-30JUL21-2800-C"].map {
                #"{"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["book.\#($0).raw"]}}"#
            }
        ),
    ]

    /// Compares the books of the client with those of the recording after the messages up to `time`.
    private static func compare(
        _ client: VenueClient,
        _ venue: Venue,
        _ walks: inout [ClientBooks.Name: BookWalk],
        _ readers: [ArchiveReader],
        at time: UnixNanoseconds,
        _ seed: UInt64
    ) throws -> Int {
        var compared = 0
        for (index, entry) in client.dialect.books.entries.enumerated() {
            let symbol = client.dialect.symbols.text(of: entry.symbol)
            let name = ClientBooks.Name(venue: venue.name, symbol: symbol, channel: entry.channel)
            if walks[name] == nil {
                let subject = BookSearch.Subject(venue: venue.name, symbol: symbol, channel: entry.channel)
                walks[name] = BookWalk(try BookSearch(readers), subject)
            }
            guard let expected = try? walks[name]?.book(at: time).book else { continue }
            guard let keeper = client.set[BookIndex(Int32(index))] else { continue }
            #expect(keeper.book == expected, "\(name) at \(time), seed \(seed)")
            compared += 1
        }
        return compared
    }

    /// The venue of a capture: one product of a venue with several.
    private static func product(of readers: [ArchiveReader]) throws -> Venue {
        let name = try #require(try readers.first?.feeds().first?.venue)
        return try #require(Venue(named: name))
    }

    @Test(arguments: scenes)
    func `a client that joins anywhere keeps its books right`(scene: Scene) async throws {
        let readers = try await scene.capture.read(BookArchive())
        let product = try Self.product(of: readers)
        let bounds = try #require(try TapeCatalog(readers).bounds)
        var (compared, made) = (0, 0)
        for seed in 1...10 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let time = Int64.random(in: bounds, using: &random)
            var reader = VenueReader(try TapeCatalog(readers), venue: product, range: ReadRange(), follows: false)
            try reader.open(at: time)
            var client = try VenueClient(product, path: scene.path, login: scene.login)
            for request in scene.requests { client.send(request) }
            var walks: [ClientBooks.Name: BookWalk] = [:]
            while case .chunk(let chunk) = try reader.next() {
                made += chunk.snapshotCount
                var place = 0
                while place < chunk.count {
                    // All messages of one time are taken together.
                    let now = chunk.batch.entries[place].tsRecv
                    let end = chunk.end(from: place, before: now.rawValue + 1, countMax: .max)
                    client.take(chunk, place..<end)
                    place = end
                    guard place < chunk.count else { break }
                    if place.isMultiple(of: 7) {
                        compared += try Self.compare(client, product, &walks, readers, at: now, seed)
                    }
                }
            }
            let end = UnixNanoseconds(bounds.upperBound)
            compared += try Self.compare(client, product, &walks, readers, at: end, seed)
            #expect(client.holes == [], "seed \(seed) of \(product.name)")
        }
        #expect(compared > 20)
        #expect(made > 0)
    }

    @Test(arguments: scenes)
    func `a client that subscribes later gets snapshots of what is new to it`(scene: Scene) async throws {
        let readers = try await scene.capture.read(BookArchive())
        let product = try Self.product(of: readers)
        let bounds = try #require(try TapeCatalog(readers).bounds)
        let time = bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) / 2
        var reader = VenueReader(try TapeCatalog(readers), venue: product, range: ReadRange(), follows: false)
        try reader.open(at: time)
        guard case .chunk(let snapshots) = try reader.next() else { throw BookSearch.Mistake(description: "no chunk") }
        try #require(snapshots.snapshotCount == snapshots.count)
        var client = try VenueClient(product, path: scene.path, login: scene.login)
        client.take(TapeChunk(), 0..<0)
        #expect(!client.outlet.needsSnapshots)
        let first = try #require(scene.requests.first)
        client.send(first)
        #expect(client.outlet.needsSnapshots)
        client.outlet.snapshotsAreComing()
        client.take(snapshots, 0..<snapshots.count)
        let one = client.messages
        #expect(one > 0 && one <= snapshots.count)
        for request in scene.requests.dropFirst() { client.send(request) }
        guard client.outlet.needsSnapshots else { return }
        client.outlet.snapshotsAreComing()
        client.take(snapshots, 0..<snapshots.count)
        // The book of the first subscription does not come again.
        #expect(client.messages <= snapshots.count)
        #expect(client.messages > one)
    }
}
