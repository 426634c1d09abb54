import Archive
import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing

/// What a scan finds in segments that are incomplete, damaged or foreign.
struct JournalDamageTests {
    private static let key = 7 as UInt64
    private let directory: FeedrecTestKit.TemporaryDirectory

    init() throws { directory = try FeedrecTestKit.TemporaryDirectory() }

    /// One segment of 4 KiB with `count` messages, as a killed process leaves it.
    private func segment(messages count: Int) throws -> (path: String, bytes: Data) {
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = 4096
        let journal = try Journal(configuration)
        var position = JournalPosition()
        let texts = (0..<count).map { "message \($0)" }
        #expect(journal.append(MessageBatch(texts: texts), connectionKey: Self.key, position: &position) == count)
        #expect(position == JournalPosition(received: UInt64(count), sent: 0))
        try journal.close(isStored: false)
        let path = try #require(try JournalScan(archive: directory.path).segments.first)
        return (path, try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func texts(_ page: JournalPage) -> [String] {
        page.entries.indices.filter { page.entries[$0].kind == .message }.map { page.batch.texts[$0] }
    }

    private func read(_ path: String, _ bytes: Data) throws -> JournalPage {
        try bytes.write(to: URL(fileURLWithPath: path))
        return try JournalScan(archive: directory.path).read(path)
    }

    @Test("a segment that is cut at any byte gives the messages before the cut")
    func everyCut() throws {
        let (path, bytes) = try segment(messages: 6)
        let whole = try texts(read(path, bytes))
        #expect(whole == (0..<6).map { "message \($0)" })
        var longest = 0
        for length in stride(from: 0, to: bytes.count, by: 3) {
            let page = try read(path, bytes.prefix(length))
            let found = texts(page)
            #expect(found == Array(whole.prefix(found.count)), "length \(length)")
            #expect(found.count >= longest, "a longer file never gives less")
            longest = max(longest, found.count)
            if length > 0, length < 40 { #expect(!page.isReadable && page.damage != nil && found.isEmpty) }
        }
        #expect(longest == 6)
    }

    @Test("a change of any byte costs at most the records from there on, and no other text is ever returned")
    func everyByte() throws {
        let (path, bytes) = try segment(messages: 5)
        let whole = (0..<5).map { "message \($0)" }
        let used = bytes.lastIndex { $0 != 0 } ?? 0
        for offset in 0...used {
            var changed = bytes
            changed[offset] ^= 0xFF
            let page = try read(path, changed)
            let found = texts(page)
            #expect(found == Array(whole.prefix(found.count)), "byte \(offset)")
            if found.count < 5 {
                // A header that names another number is that of a segment that was renamed but not begun.
                let isRenamed = page.damage == nil && page.entries.isEmpty
                #expect(page.damage?.path == path || isRenamed, "byte \(offset)")
            }
        }
    }

    @Test("a file that is not a segment is kept, an empty one holds nothing")
    func foreign() throws {
        let (path, _) = try segment(messages: 1)
        for bytes in [Data(), Data(count: 40), Data(count: 4096)] {
            let page = try read(path, bytes)
            #expect(page.isReadable && page.damage == nil && page.entries.isEmpty)
        }
        for bytes in [Data("hello".utf8), Data(repeating: 0xFF, count: 4096)] {
            let page = try read(path, bytes)
            #expect(!page.isReadable && page.entries.isEmpty)
            #expect(page.damage?.description == "'\(path)': it does not begin with a segment header")
        }
        let gone = try JournalScan(archive: directory.path)
        try FileManager.default.removeItem(atPath: path)
        #expect(!gone.read(path).isReadable)
    }

    @Test("a segment under another number holds only records that are stored already")
    func renamed() throws {
        let (path, bytes) = try segment(messages: 3)
        let other = path.replacing("0000000001", with: "0000000009")
        try bytes.write(to: URL(fileURLWithPath: other))
        let scan = try JournalScan(archive: directory.path)
        #expect(scan.segments.last == other)
        let page = scan.read(other)
        #expect(page.isReadable && page.damage == nil && page.entries.isEmpty)
    }

    @Test("segments are read in order of their numbers, whatever the number of digits")
    func order() throws {
        let folder = JournalDirectory(archive: directory.path).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let names = ["0000000002.seg", "0000000010.seg", "9999999999.seg", "10000000000.seg"]
        for name in names.reversed() + ["notes.txt", ".hidden.seg"] {
            try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        #expect(try JournalScan(archive: directory.path).segments == names.map { folder + "/" + $0 })
    }

    @Test("segments that no recording can take are moved beside the journal, and their names stay free")
    func settingAside() throws {
        for _ in 0..<3 {
            let (path, bytes) = try segment(messages: 2)
            let scan = try JournalScan(archive: directory.path)
            let aside = try #require(try scan.remove(settingAside: [path]))
            #expect(try JournalScan(archive: directory.path).isEmpty)
            let kept = try FileManager.default.contentsOfDirectory(atPath: aside).map { aside + "/" + $0 }
            #expect(try kept.contains { try Data(contentsOf: URL(fileURLWithPath: $0)) == bytes })
        }
        let aside = JournalDirectory(archive: directory.path).aside
        #expect(try FileManager.default.contentsOfDirectory(atPath: aside).count == 3)
        #expect(try JournalScan(archive: directory.path).remove() == nil)
    }
}
