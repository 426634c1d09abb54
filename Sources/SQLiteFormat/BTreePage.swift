/// One parsed page of a b-tree (SQLite "Database File Format" §1.6).
///
/// The page may be damaged: an invalid cell is left out and counted.
package struct BTreePage: Sendable {
    package enum Kind: UInt8, Sendable {
        case interiorIndex = 2
        case interiorTable = 5
        case leafIndex = 10
        case leafTable = 13

        package var isIndex: Bool { self == .interiorIndex || self == .leafIndex }
        package var isInterior: Bool { self == .interiorIndex || self == .interiorTable }
    }

    package struct Cell: Sendable {
        /// The child page, in an interior page.
        package var child: UInt32?
        /// The rowid of a row in a rowid table.
        package var rowID: Int64 = 0
        /// Bytes of the whole record, including overflow pages; `nil` if the cell has none.
        package var payloadBytes: Int?
        /// Range of the record's part in this page.
        package var local: Range<Int> = 0..<0
        /// The first overflow page.
        package var overflow: UInt32?
    }

    package let kind: Kind
    package private(set) var cells: [Cell] = []
    /// The last child page of an interior page, after the children of its cells.
    package let rightChild: UInt32?
    /// Cells that cannot be read.
    package private(set) var damagedCells = 0

    /// Largest record: a block has at most 64 MiB of payload plus its columns.
    package static let payloadBytesMax = 128 << 20

    /// Parses page `number`; `nil` if it is not a b-tree page.
    package init?(_ page: [UInt8], number: UInt32, usableBytes: Int) {
        guard usableBytes >= 480, page.count >= usableBytes else { return nil }
        let start = number == 1 ? DatabaseHeader.bytes : 0
        guard let kind = Kind(rawValue: page[start]) else { return nil }
        self.kind = kind
        let headerBytes = kind.isInterior ? 12 : 8
        (rightChild, cells, damagedCells) = page.withUnsafeBytes { bytes in
            let count = bytes.bigEndian16(at: start + 3)
            let pointers = start + headerBytes
            // Upper bound of the cells that fit; each takes a pointer of two bytes and at least four more.
            let readable = min(count, max(0, usableBytes - pointers) / 2)
            var cells: [Cell] = []
            for index in 0..<readable {
                let offset = bytes.bigEndian16(at: pointers + 2 * index)
                guard offset >= pointers + 2 * readable, offset < usableBytes,
                    let cell = Self.cell(kind, bytes, at: offset, usableBytes: usableBytes)
                else { continue }
                cells.append(cell)
            }
            return (kind.isInterior ? bytes.bigEndian32(at: start + 8) : nil, cells, count - cells.count)
        }
    }

    private static func cell(_ kind: Kind, _ page: UnsafeRawBufferPointer, at offset: Int, usableBytes: Int) -> Cell? {
        var cell = Cell()
        var position = offset
        if kind.isInterior {
            guard position + 4 <= usableBytes else { return nil }
            cell.child = page.bigEndian32(at: position)
            position += 4
        }
        if kind == .interiorTable {
            guard let (rowID, _) = Varint.read(page, at: position) else { return nil }
            cell.rowID = rowID
            return cell
        }
        guard let (payloadBytes, next) = Varint.read(page, at: position), payloadBytes >= 0,
            payloadBytes <= payloadBytesMax
        else { return nil }
        position = next
        if kind == .leafTable {
            guard let (rowID, next) = Varint.read(page, at: position) else { return nil }
            cell.rowID = rowID
            position = next
        }
        let local = localBytes(of: Int(payloadBytes), kind, usableBytes: usableBytes)
        let hasOverflow = local < payloadBytes
        guard position + local + (hasOverflow ? 4 : 0) <= usableBytes else { return nil }
        cell.payloadBytes = Int(payloadBytes)
        cell.local = position..<position + local
        if hasOverflow { cell.overflow = page.bigEndian32(at: position + local) }
        return cell
    }

    /// Bytes of a record that are in the page itself (§1.6, "Cell payload overflow").
    private static func localBytes(of payloadBytes: Int, _ kind: Kind, usableBytes: Int) -> Int {
        let most = kind == .leafTable ? usableBytes - 35 : (usableBytes - 12) * 64 / 255 - 23
        guard payloadBytes > most else { return payloadBytes }
        let least = (usableBytes - 12) * 32 / 255 - 23
        let fitting = least + (payloadBytes - least) % (usableBytes - 4)
        return fitting <= most ? fitting : least
    }
}
