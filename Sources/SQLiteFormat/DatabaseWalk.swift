/// A source of database pages.
package protocol PageSource {
    /// Pages are numbered from 1 to this.
    var pageCount: UInt32 { get }
    /// Returns the content of a page; `nil` if any of it cannot be read.
    func page(_ number: UInt32) -> [UInt8]?
}

/// Reads the rows of a database that may be damaged anywhere: an unreadable page loses only its own rows.
///
/// Trees are read first, from their roots. Pages that no tree reaches because a page above them is damaged come last.
package struct DatabaseWalk<Source: PageSource> {
    /// A row and its rowid.
    package struct Row {
        /// 0 for WITHOUT ROWID tables.
        package let rowID: Int64
        package let values: [StoredValue]
    }

    private let source: Source
    private let usableBytes: Int
    private var visited: Set<UInt32> = []
    /// Only skipped if no tree refers to them, because the list itself may be damaged.
    private var freePages: Set<UInt32> = []
    /// Pages that should contain rows and cannot be read.
    package private(set) var damagedPages = 0
    /// Rows that cannot be read, on readable pages.
    package private(set) var damagedRows = 0

    /// Ignores pages on the free list of `header`, because their content was deleted.
    package init(_ source: Source, header: DatabaseHeader) {
        self.source = source
        usableBytes = header.usableBytes
        markFreeList(from: header.freeListTrunk)
    }

    /// Passes the rows of the tree at `root` to `receive`, which returns whether a row belongs to the tree.
    ///
    /// - Parameters:
    ///   - root: the root page.
    ///   - isIndex: true for a WITHOUT ROWID table.
    ///   - receive: takes a row.
    /// - Throws: any error of `receive`.
    package mutating func walk(root: UInt32, isIndex: Bool, _ receive: (Row) throws -> Bool) rethrows {
        var pending = [root]
        // Pages of other tables are left to those, but not read twice here, since they may refer to each other.
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
                // It may be a page of another tree that a damaged pointer refers to.
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

    /// Passes the rows of all pages that no walk has reached to `receive`, which returns whether it uses a row.
    package mutating func walkOrphans(_ receive: (Row, _ isIndex: Bool) throws -> Bool) rethrows {
        guard source.pageCount > 0 else { return }
        for number in 1...source.pageCount where !visited.contains(number) && !freePages.contains(number) {
            guard let bytes = source.page(number),
                let page = BTreePage(bytes, number: number, usableBytes: usableBytes), page.kind != .interiorTable
            else { continue }
            // Overflow and index pages can contain anything, so unusable rows are not counted as damage here.
            let before = damagedRows
            _ = try take(page, bytes) { row in try receive(row, page.kind.isIndex) }
            damagedRows = before
        }
    }

    /// Passes the rows of a page on; returns false if it has rows but none belongs here: a page of another table.
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

    /// The bytes of a record, collected from its page and its overflow pages.
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
