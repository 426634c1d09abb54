import MarketModel
import SQLiteFormat
import Testing

/// Pages from memory.
private struct Pages: PageSource {
    var pages: [[UInt8]]
    var pageCount: UInt32 { UInt32(pages.count) }
    func page(_ number: UInt32) -> [UInt8]? { pages.indices.contains(Int(number) - 1) ? pages[Int(number) - 1] : nil }
}

struct DatabaseWalkTests {
    /// A leaf of a rowid table, with one record per cell.
    private static func leaf(_ records: [[UInt8]], pageBytes: Int = 512) -> [UInt8] {
        var page = [UInt8](repeating: 0, count: pageBytes)
        page[0] = 13
        page[4] = UInt8(records.count)
        var end = pageBytes
        for (index, record) in records.enumerated() {
            let cell = [UInt8(record.count), UInt8(index + 1)] + record
            end -= cell.count
            page.replaceSubrange(end..<end + cell.count, with: cell)
            page[8 + 2 * index] = UInt8(end >> 8)
            page[9 + 2 * index] = UInt8(end & 255)
        }
        return page
    }

    private static let header = DatabaseHeader(
        pageBytes: 512,
        usableBytes: 512,
        pageCount: 0,
        freeListTrunk: 0,
        userVersion: 1,
        applicationID: 0
    )

    @Test("values of every serial type are decoded")
    func values() {
        let record: [UInt8] =
            [12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15] + [0xFF] + [1, 0] + [0x80, 0, 0] + [0, 0, 1, 0]
            + [0, 0, 0, 0, 0, 5] + [0, 0, 0, 0, 0, 0, 0, 7] + [0x40, 0, 0, 0, 0, 0, 0, 0] + [0x61]
        #expect(
            RecordDecoder.values(of: record) == [
                .null, .integer(-1), .integer(256), .integer(-8_388_608), .integer(256), .integer(5), .integer(7),
                .real(2), .integer(0), .integer(1), .text([0x61]),
            ]
        )
    }

    @Test("a record that is truncated, or followed by other bytes, is rejected")
    func cutRecords() {
        let record: [UInt8] = [4, 1, 15, 16, 7, 0x61, 0xAA, 0xBB]
        #expect(RecordDecoder.values(of: record) == [.integer(7), .text([0x61]), .blob([0xAA, 0xBB])])
        for count in 0..<record.count { #expect(RecordDecoder.values(of: Array(record.prefix(count))) == nil) }
        #expect(RecordDecoder.values(of: [2, 1, 7]) == [.integer(7)])
        #expect(RecordDecoder.values(of: [2, 1, 7, 8]) == nil)
        #expect(RecordDecoder.values(of: [2, 1]) == nil)
        #expect(RecordDecoder.values(of: []) == nil)
    }

    @Test("rows below a damaged page are found among the unreachable pages")
    func orphans() {
        let interior: [UInt8] = [99] + [UInt8](repeating: 0, count: 511)
        let source = Pages(pages: [interior, Self.leaf([[2, 1, 7]]), Self.leaf([[2, 1, 8], [2, 1, 9]])])
        var walk = DatabaseWalk(source, header: Self.header)
        var found: [StoredValue] = []
        walk.walk(root: 1, isIndex: false) { row in
            found += row.values
            return true
        }
        #expect(found.isEmpty && walk.damagedPages == 1)
        walk.walkOrphans { row, isIndex in
            found += row.values
            return !isIndex
        }
        #expect(found == [.integer(7), .integer(8), .integer(9)])
    }

    @Test("a page of another table that refers to itself ends the walk too")
    func foreignCircle() {
        var page = [UInt8](repeating: 0, count: 512)
        // An interior index page: a cell with this page as its child and a record, and this page as the right child.
        page.replaceSubrange(0..<14, with: [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 1, 0xF0])
        page.replaceSubrange(0x1F0..<0x1F8, with: [0, 0, 0, 2, 3, 2, 1, 7])
        // The first page of a file begins with the file's header.
        var walk = DatabaseWalk(Pages(pages: [[], page]), header: Self.header)
        var offered = 0
        walk.walk(root: 2, isIndex: true) { _ in
            offered += 1
            return false
        }
        #expect(offered == 1 && walk.damagedPages == 3)
    }

    @Test("pages that refer to each other in a circle end the walk")
    func circle() {
        var page = [UInt8](repeating: 0, count: 512)
        (page[0], page[11]) = (5, 2)
        var other = page
        other[11] = 3
        var walk = DatabaseWalk(Pages(pages: [page, other, other]), header: Self.header)
        walk.walk(root: 2, isIndex: false) { _ in true }
        #expect(walk.damagedPages == 1)
    }

    @Test("no page content traps", arguments: [UInt64(1), 2, 3])
    func random(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<300 {
            var pages = (0..<4).map { _ in (0..<512).map { _ in UInt8.random(in: 0...255, using: &generator) } }
            for index in pages.indices {
                pages[index][index == 0 ? 100 : 0] = [2, 5, 10, 13].randomElement(using: &generator) ?? 2
                pages[index][index == 0 ? 103 : 3] = 0
            }
            var walk = DatabaseWalk(Pages(pages: pages), header: Self.header)
            walk.walk(root: 1, isIndex: false) { _ in Bool.random(using: &generator) }
            walk.walkOrphans { _, _ in true }
        }
    }

    @Test("a write-ahead log counts up to its last commit and its first wrong checksum")
    func log() throws {
        var header: [UInt8] = [0x37, 0x7F, 0x06, 0x83, 0, 0x2D, 0xE2, 0x18, 0, 0, 2, 0, 0, 0, 0, 0]
        header += [0, 0, 0, 1, 0, 0, 0, 2]
        var sum = Self.checksum(header, (0, 0))
        header += Self.bytes(sum.0) + Self.bytes(sum.1)
        func frame(_ page: UInt8, commit: UInt8) -> [UInt8] {
            let start: [UInt8] = [0, 0, 0, page, 0, 0, 0, commit]
            let content = [UInt8](repeating: page, count: 512)
            sum = Self.checksum(content, Self.checksum(start, sum))
            return start + [0, 0, 0, 1, 0, 0, 0, 2] + Self.bytes(sum.0) + Self.bytes(sum.1) + content
        }
        var log = try #require(WriteAheadLog(header: header))
        let frames = [frame(1, commit: 0), frame(2, commit: 2), frame(1, commit: 0), frame(2, commit: 2)]
        var isTaken = log.take(frame: frames[0])
        #expect(isTaken)
        #expect(log.offsets.isEmpty, "nothing is committed yet")
        isTaken = log.take(frame: frames[1])
        #expect(isTaken)
        #expect(log.offsets == [1: 32 + 24, 2: 32 + 536 + 24] && log.pageCount == 2)
        isTaken = log.take(frame: frames[2])
        #expect(isTaken)
        var broken = frames[3]
        broken[300] ^= 1
        isTaken = log.take(frame: broken) || log.take(frame: frames[3])
        #expect(!isTaken, "nothing after a broken frame counts")
        #expect(log.offsets == [1: 32 + 24, 2: 32 + 536 + 24])
        header[9] ^= 1
        #expect(WriteAheadLog(header: header) == nil)
    }

    private static func checksum(_ bytes: [UInt8], _ start: (UInt32, UInt32)) -> (UInt32, UInt32) {
        var (one, two) = start
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            func word(_ at: Int) -> UInt32 { bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } }
            one = one &+ word(offset) &+ two
            two = two &+ word(offset + 4) &+ one
        }
        return (one, two)
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
