import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing

/// The journal's files: the next process finds what was taken, and room is freed.
@Suite(.timeLimit(.minutes(5)))
struct JournalTests {
    private let directory: FeedrecTestKit.TemporaryDirectory
    private static let place = JournalConnection(file: "2026-01-05.feedrec", feedID: 1, venue: "mt4", bars: "1s")

    init() throws { directory = try FeedrecTestKit.TemporaryDirectory() }

    private func journal(
        segmentBytes: Int = 4096,
        bytesMax: Int = 1 << 20,
        durability: Durability = .process,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) -> Journal {
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = segmentBytes
        configuration.bytesMax = bytesMax
        configuration.durability = durability
        configuration.fileSystem = fileSystem
        return try Journal(configuration)
    }

    private static func batch(_ range: Range<Int>, bytes: Int = 20) -> MessageBatch {
        MessageBatch(texts: range.map { "\($0)".padded(to: bytes) })
    }

    /// The sequence and payload of each connection's received messages, as the next process finds them.
    ///
    /// The journal must be closed: a live one renames segments and begins others.
    ///
    /// The journal must be closed: a live one renames segments and begins others.
    private func found() throws -> [UInt64: [(sequence: UInt64, text: String)]] {
        let scan = try JournalScan(archive: directory.path)
        var found: [UInt64: [(sequence: UInt64, text: String)]] = [:]
        for path in scan.segments {
            let page = scan.read(path)
            #expect(page.damage == nil)
            for (index, entry) in page.entries.enumerated() where entry.kind == .message {
                found[entry.connectionKey, default: []].append((entry.sequence, page.batch.texts[index]))
            }
        }
        return found
    }

    @Test("messages of several connections are found in order, over all segments, each with its place")
    func order() throws {
        let journal = try journal()
        var positions = [JournalPosition(), JournalPosition()]
        for key in 0..<2 { #expect(journal.open(Self.place, key: UInt64(key), at: UnixNanoseconds(1))) }
        for start in stride(from: 0, to: 2000, by: 10) {
            let key = start / 10 % 2
            let batch = Self.batch(start..<start + 10)
            #expect(journal.append(batch, connectionKey: UInt64(key), position: &positions[key]) == 10)
        }
        #expect(journal.condition == .good)
        try journal.close(isStored: false)
        let found = try found()
        for key in 0..<2 {
            let messages = found[UInt64(key)] ?? []
            #expect(messages.map(\.sequence) == Array(1...1000))
            let expected = (0..<2000).filter { $0 / 10 % 2 == key }.map { "\($0)".padded(to: 20) }
            #expect(messages.map(\.text) == expected)
        }
        let scan = try JournalScan(archive: directory.path)
        for path in scan.segments {
            let page = scan.read(path)
            guard page.entries.contains(where: { $0.kind == .message }) else { continue }
            // A segment may be the only one left, so it says where its messages belong.
            #expect(page.connection(at: 0) == Self.place)
        }
        #expect(throws: ArchiveError.self) { _ = try self.journal() }
    }

    @Test("a journal that is released without being closed keeps its messages")
    func letGo() throws {
        for _ in 0..<50 {
            var position = JournalPosition()
            try {
                let journal = try journal()
                #expect(journal.append(Self.batch(0..<300), connectionKey: 7, position: &position) == 300)
            }()
            // Its worker may still be preparing a segment.
            #expect((try? found())?[7]?.count ?? 300 == 300)
            while (try? JournalScan(archive: directory.path).isEmpty) == false {
                try JournalScan(archive: directory.path).remove()
            }
        }
    }

    @Test("segments whose messages are stored are reused, and the journal stays small")
    func recycling() throws {
        let journal = try journal(bytesMax: 1 << 20)
        var position = JournalPosition()
        for start in stride(from: 0, to: 20_000, by: 10) {
            let count = journal.append(Self.batch(start..<start + 10), connectionKey: 7, position: &position)
            #expect(count == 10)
            journal.stored(7, through: position)
        }
        #expect(journal.condition == .good)
        #expect(journal.byteCount <= 16 * 4096)
        try journal.close(isStored: true)
        #expect(try JournalScan(archive: directory.path).isEmpty)
    }

    /// A journal at its limit, and the number of messages that it took.
    private func fullJournal() throws -> (journal: Journal, position: JournalPosition, taken: Int) {
        let journal = try journal(bytesMax: 4 * 4096)
        var position = JournalPosition()
        var taken = 0
        while true {
            let count = journal.append(Self.batch(taken..<taken + 10), connectionKey: 7, position: &position)
            taken += count
            if count < 10 { break }
        }
        #expect(journal.condition == .full(bytesMax: 4 * 4096))
        #expect(taken > 100)
        #expect(position.received == UInt64(taken))
        return (journal, position, taken)
    }

    @Test("a journal at its limit reports it and keeps its messages")
    func limit() throws {
        let (journal, _, taken) = try fullJournal()
        try journal.close(isStored: false)
        #expect(try found()[7]?.count == taken)
    }

    @Test("a journal at its limit continues after its messages are stored")
    func limitOver() throws {
        var (journal, position, _) = try fullJournal()
        journal.stored(7, through: position)
        #expect(journal.append(Self.batch(0..<10), connectionKey: 7, position: &position) == 10)
        #expect(journal.condition == .good)
    }

    @Test("a connection that has ended holds no segment")
    func forgotten() throws {
        let journal = try journal(bytesMax: 4 * 4096)
        var position = JournalPosition()
        while journal.append(Self.batch(0..<10), connectionKey: 7, position: &position) == 10 {}
        journal.forget(7, through: position)
        var other = JournalPosition()
        #expect(journal.append(Self.batch(0..<100), connectionKey: 8, position: &other) == 100)
    }

    @Test("a message longer than a segment gets a segment of its own")
    func long() throws {
        let journal = try journal(bytesMax: 1 << 20)
        var position = JournalPosition()
        let long = MessageBatch(texts: ["a", String(repeating: "x", count: 50_000), "b"])
        #expect(journal.append(long, connectionKey: 7, position: &position) == 3)
        try journal.close(isStored: false)
        #expect(try found()[7]?.map(\.text.count) == [1, 50_000, 1])
    }

    @Test("sync makes everything durable that was taken before, including full segments")
    func sync() async throws {
        let fileSystem = FailingFileSystem([.sync], number: 3)
        let journal = try journal(durability: .power, fileSystem: fileSystem)
        var position = JournalPosition()
        #expect(journal.append(Self.batch(0..<10), connectionKey: 7, position: &position) == 10)
        try await journal.sync()
        #expect(journal.append(Self.batch(0..<300), connectionKey: 7, position: &position) == 300)
        await #expect(throws: ArchiveError.self) { try await journal.sync() }
        #expect(fileSystem.hasFired)
    }

    @Test(
        "whichever call fails, the messages that were taken are found, in order and once",
        arguments: [[.open], [.allocate], [.map], [.rename], [.unlink]] as [Set<FailingFileSystem.Call>]
    )
    func faults(calls: Set<FailingFileSystem.Call>) throws {
        var number = 1
        while true {
            let fileSystem = FailingFileSystem(calls, number: number, code: .diskFull)
            defer { number += 1 }
            guard let journal = try? journal(bytesMax: 10 * 4096, fileSystem: fileSystem) else {
                try JournalScan(archive: directory.path).remove()
                continue
            }
            var position = JournalPosition()
            var stored: UInt64 = 0
            for start in stride(from: 0, to: 1000, by: 10) {
                var taken = 0
                while taken < 10 {
                    // A failure is reported, and the next attempt may succeed.
                    let batch = Self.batch(start..<start + 10)
                    let count = journal.append(batch, from: taken, connectionKey: 7, position: &position)
                    taken += count
                    if taken < 10 { #expect(journal.condition != .good) }
                }
                guard start % 500 == 0 else { continue }
                stored = position.received
                journal.stored(7, through: position)
            }
            try journal.close(isStored: false)
            let sequences = try found()[7]?.map(\.sequence) ?? []
            #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
            #expect(Set(sequences).isSuperset(of: (stored + 1)...1000))
            try JournalScan(archive: directory.path).remove()
            if !fileSystem.hasFired { break }
        }
        #expect(number > 1)
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: ".", count: max(0, count - self.count))
    }
}
