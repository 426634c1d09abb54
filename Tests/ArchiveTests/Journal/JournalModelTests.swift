import Archive
import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing

/// Random use of a journal, compared with a list of what no recording has stored yet.
@Suite(.timeLimit(.minutes(2)))
struct JournalModelTests {
    /// What a journal must still hold of one connection.
    private struct Connection {
        let key: UInt64
        let place: JournalConnection
        var position = JournalPosition()
        var stored = JournalPosition()
        /// The text of each message, by direction and sequence.
        var texts: [[UInt64: String]] = [[:], [:]]
    }

    private final class Bench {
        let directory: FeedrecTestKit.TemporaryDirectory
        let journal: Journal
        var random: SplitMix64
        var open: [Connection] = []
        var closed: [Connection] = []
        private var lastKey: UInt64 = 0

        init(seed: UInt64) throws {
            directory = try FeedrecTestKit.TemporaryDirectory()
            random = SplitMix64(seed: seed)
            var configuration = Journal.Configuration(directory: directory.path)
            configuration.segmentBytes = 4096
            configuration.bytesMax = 64 * 4096
            journal = try Journal(configuration)
        }

        func step() {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: begin()
            case 1: store(isEnd: true)
            case 2, 3: store(isEnd: false)
            default: append()
            }
            #expect(journal.byteCount <= journal.limit && journal.room >= 0)
        }

        private func begin() {
            guard open.count < 4 else { return }
            lastKey += 1
            let place = JournalConnection(file: "f\(lastKey).feedrec", feedID: Int64(lastKey), venue: "v", bars: "1s")
            #expect(journal.open(place, key: lastKey, at: UnixNanoseconds(1)))
            open.append(Connection(key: lastKey, place: place))
        }

        private func append() {
            guard let place = open.indices.randomElement(using: &random) else { return }
            var batch = MessageBatch()
            for _ in 0..<random.number(1...20) {
                let text = "m\(random.next())" + String(repeating: "x", count: Int(random.number(0...300)))
                let direction = random.oneIn(4) ? MessageDirection.sent : .received
                Array(text.utf8).withUnsafeBytes {
                    batch.append($0, kind: .text, direction: direction, tsRecv: UnixNanoseconds(5))
                }
            }
            let before = open[place].position
            let taken = journal.append(batch, connectionKey: open[place].key, position: &open[place].position)
            var (received, sent) = (before.received, before.sent)
            for index in 0..<taken {
                if batch.entries[index].direction == .sent {
                    sent += 1
                    open[place].texts[1][sent] = batch.texts[index]
                } else {
                    received += 1
                    open[place].texts[0][received] = batch.texts[index]
                }
            }
            #expect(open[place].position == JournalPosition(received: received, sent: sent))
            // It is only full if recordings have not stored what it holds.
            if taken < batch.count { #expect(journal.condition == .full(bytesMax: journal.limit)) }
        }

        /// A recording stores a part of a connection's messages, or all of them at its end.
        private func store(isEnd: Bool) {
            guard let place = open.indices.randomElement(using: &random) else { return }
            let connection = open[place]
            var position = connection.position
            if !isEnd {
                position.received = UInt64.random(in: connection.stored.received...position.received, using: &random)
                position.sent = UInt64.random(in: connection.stored.sent...position.sent, using: &random)
            }
            open[place].stored = position
            if isEnd {
                journal.forget(connection.key, through: position)
                closed.append(open.remove(at: place))
            } else {
                journal.stored(connection.key, through: position)
            }
        }
    }

    @Test(
        "after a kill, everything that no recording had stored is found once and in order",
        arguments: Seeds.first(12)
    )
    func kill(seed: UInt64) throws {
        let bench = try Bench(seed: seed)
        for _ in 0..<150 { bench.step() }
        try bench.journal.close(isStored: false)
        let scan = try JournalScan(archive: bench.directory.path)
        var found: [UInt64: [[(UInt64, String)]]] = [:]
        var places: [UInt64: JournalConnection] = [:]
        for path in scan.segments {
            let page = scan.read(path)
            #expect(page.damage == nil, "seed \(seed)")
            for (index, entry) in page.entries.enumerated() {
                if let place = page.connection(at: index) { places[entry.connectionKey] = place }
                guard entry.kind == .message else { continue }
                // A segment may be the only one left, so it has the place of each of its connections before them.
                let isOpen = bench.open.contains { $0.key == entry.connectionKey }
                #expect(!isOpen || places[entry.connectionKey] != nil, "seed \(seed)")
                let side = page.batch.entries[index].direction == .sent ? 1 : 0
                found[entry.connectionKey, default: [[], []]][side].append((entry.sequence, page.batch.texts[index]))
            }
        }
        for connection in bench.open {
            #expect(places[connection.key] == connection.place, "seed \(seed)")
            for (side, stored) in [connection.stored.received, connection.stored.sent].enumerated() {
                let messages = found[connection.key]?[side] ?? []
                #expect(messages.map(\.0) == Set(messages.map(\.0)).sorted(), "seed \(seed)")
                #expect(messages.allSatisfy { connection.texts[side][$0.0] == $0.1 }, "seed \(seed)")
                let missing = Set(connection.texts[side].keys.filter { $0 > stored })
                #expect(missing.isSubset(of: messages.map(\.0)), "seed \(seed)")
            }
        }
    }

    @Test("a journal whose messages are all stored leaves nothing", arguments: Seeds.first(3))
    func stop(seed: UInt64) throws {
        let bench = try Bench(seed: seed)
        for _ in 0..<60 { bench.step() }
        try bench.journal.close(isStored: true)
        #expect(try JournalScan(archive: bench.directory.path).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: JournalDirectory(archive: bench.directory.path).path))
    }
}
