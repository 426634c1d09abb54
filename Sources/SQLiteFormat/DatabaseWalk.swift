/// Where pages come from.
package protocol PageSource {
    /// Pages are numbered from 1 to this.
    var pageCount: UInt32 { get }
    /// The content of a page; `nil` where it cannot be read, wholly or in part.
    func page(_ number: UInt32) -> [UInt8]?
}

/// Walks a database that may be damaged anywhere: a page that cannot be read costs its own rows, not those of others.
///
/// Trees are walked from their roots first. Pages that no tree reaches, since a page above them is damaged, come last.
package struct DatabaseWalk<Source: PageSource> {
    /// A row, and how it was found.
    package struct Row {
        /// 0 for tables without row ids.
        package let rowID: Int64
        package let values: [StoredValue]
    }

    private let source: Source
    private let usableBytes: Int
    private var visited: Set<UInt32> = []
    /// Passed over only where no tree names them: the list itself may be damaged.
    private var freePages: Set<UInt32> = []
    /// Pages that should hold rows and cannot be read.
    package private(set) var damagedPages = 0
    /// Rows that cannot be read, on pages that can.
    package private(set) var damagedRows = 0

    /// Pages on the free list of `header` are not looked at: what they hold was deleted.
    package init(_ source: Source, header: DatabaseHeader) {
        self.source = source
        usableBytes = header.usableBytes
        markFreeList(from: header.freeListTrunk)
    }

    /// Hands the rows of the tree at `root` to `receive`, which says whether a row belongs there.
    ///
    /// - Parameters:
    ///   - root: the page at the top.
    ///   - isIndex: true for a table without row ids.
    ///   - receive: takes a row.
    /// - Throws: what `receive` throws.
    package mutating func walk(root: UInt32, isIndex: Bool, _ receive: (Row) throws -> Bool) rethrows {
        var pending = [root]
        // Pages of other tables: left to those, but not looked at twice here, since they may name each other.
        var foreign: Set<UInt32> = []
        while let number = pending.popLast() {
            guard number > 0, number <= source.pageCount, !foreign.contains(number),
                visited.insert(number).inserted
            else {
                damagedPages += 1
                continue
            }
            guard let bytes = source.page(number),
                let page = BTreePage(bytes, number: number, usableBytes: usableBytes), page.kind.isIndex == isIndex
            else {
                // It may be a page of another tree, which a damaged pointer names.
                visited.remove(number)
                damagedPages += 1
                continue
            }
            damagedRows += page.damagedCells
            let isForeign = try !take(page, bytes, receive)
            if isForeign {
                visited.remove(number)
                foreign.insert(number)
                damagedPages += 1
            }
            if let right = page.rightChild { pending.append(right) }
            for cell in page.cells.reversed() { if let child = cell.child { pending.append(child) } }
        }
    }

    /// Hands the rows of all pages that no walk has reached to `receive`, which says whether it has a use for a row.
    package mutating func walkOrphans(_ receive: (Row, _ isIndex: Bool) throws -> Bool) rethrows {
        guard source.pageCount > 0 else { return }
        for number in 1...source.pageCount where !visited.contains(number) && !freePages.contains(number) {
            guard let bytes = source.page(number),
                let page = BTreePage(bytes, number: number, usableBytes: usableBytes), page.kind != .interiorTable
            else { continue }
            // Pages of overflow and of indexes may look like anything; what is no row here is not counted as damage.
            let before = damagedRows
            _ = try take(page, bytes) { row in try receive(row, page.kind.isIndex) }
            damagedRows = before
        }
    }

    /// Hands the rows of a page on; false where it has some and none belongs there: a page of another table.
    private mutating func take(_ page: BTreePage, _ bytes: [UInt8], _ receive: (Row) throws -> Bool) rethrows -> Bool {
        var (found, accepted) = (0, 0)
        for cell in page.cells where cell.payloadBytes != nil {
            found += 1
            if let (record, chain) = record(of: cell, in: bytes), let values = RecordDecoder.values(of: record),
                try receive(Row(rowID: cell.rowID, values: values))
            {
                visited.formUnion(chain)
                accepted += 1
            } else {
                damagedRows += 1
            }
        }
        return found == 0 || accepted > 0
    }

    /// The bytes of a record, put together from its page and those it overflows to.
    private func record(of cell: BTreePage.Cell, in page: [UInt8]) -> (record: [UInt8], chain: Set<UInt32>)? {
        guard let payloadBytes = cell.payloadBytes, cell.local.upperBound <= page.count else { return nil }
        var record = Array(page[cell.local])
        var next = cell.overflow ?? 0
        var chain: Set<UInt32> = []
        while record.count < payloadBytes {
            guard next > 0, next <= source.pageCount, !visited.contains(next), chain.insert(next).inserted,
                let bytes = source.page(next), bytes.count >= usableBytes
            else { return nil }
            record.append(contentsOf: bytes[4..<4 + min(payloadBytes - record.count, usableBytes - 4)])
            next = bytes.withUnsafeBytes { $0.bigEndian32(at: 0) }
        }
        return (record, chain)
    }

    private mutating func markFreeList(from first: UInt32) {
        var trunk = first
        while trunk > 0, trunk <= source.pageCount, freePages.insert(trunk).inserted, let bytes = source.page(trunk) {
            bytes.withUnsafeBytes { page in
                let count = min(Int(page.bigEndian32(at: 4)), usableBytes / 4 - 2)
                for index in 0..<max(0, count) {
                    let leaf = page.bigEndian32(at: 8 + 4 * index)
                    if leaf > 1, leaf <= source.pageCount { freePages.insert(leaf) }
                }
                trunk = page.bigEndian32(at: 0)
            }
        }
    }
}
