import JournalFormat
import MarketModel
import SQLiteFormat

/// Moves every readable row of a damaged recording into a new one.
///
/// SQL stops at the first damaged page of a table, and at any damage in the schema, so the pages are read here. A block
/// is kept if its checksum holds. A row of another table is kept if it has the shape of its table. A row that no tree
/// reaches goes to the strictest table whose shape and constraints it has, if any. SQLite has no checksums, so a
/// changed value in such a row is not detected here (`rebuild` finds it).
final class Salvager {
    /// A block that exists but cannot be read.
    struct DamagedBlock {
        let connectionID: Int64
        let messages: ClosedRange<Int64>
    }

    private(set) var damagedPages = 0
    private(set) var damagedRows = 0
    private(set) var damagedBlocks: [DamagedBlock] = []
    private(set) var storedMessages = MessageNumberSet()
    /// The number of stored messages that were sent, by connection.
    private(set) var sentMessages: [Int64: Int64] = [:]

    private let replacement: RecordingReplacement
    private let inserters: [SalvageInserter]
    private let decoder = BlockDecoder()

    /// `replacement` must be empty and have the schema of the damaged file.
    init(into replacement: RecordingReplacement) throws(ArchiveError) {
        self.replacement = replacement
        inserters = try TableShape.all(on: replacement.handle, path: replacement.path).map {
            SalvageInserter($0, into: replacement)
        }
    }

    func run(_ source: SalvageSource) throws(ArchiveError) {
        do {
            try walk(source)
        } catch {
            throw ArchiveError(error, action: "repair", path: replacement.original)
        }
    }

    private func walk(_ source: SalvageSource) throws {
        var walk = DatabaseWalk(source, header: source.header)
        let (roots, indexes) = roots(&walk)
        for inserter in inserters {
            guard let root = roots[inserter.shape.name] else { continue }
            try walk.walk(root: root, isIndex: !inserter.shape.hasRowID) { row in try self.take(row, inserter) }
        }
        // Indexes are rebuilt; they are only walked so that their pages are not taken for lost tables.
        var ignored = walk
        for root in indexes { ignored.walk(root: root, isIndex: true) { _ in true } }
        (damagedPages, damagedRows) = (walk.damagedPages, walk.damagedRows)
        // A quote bar could be read as a venue's bar, which requires less.
        let strictest = inserters.sorted { $0.shape.requiredColumns > $1.shape.requiredColumns }
        try ignored.walkOrphans { row, isIndex in
            for inserter in strictest where inserter.shape.hasRowID != isIndex {
                if try self.take(row, inserter) { return true }
            }
            return false
        }
    }

    /// The root pages listed in the schema, as far as it can be read: those of tables, and those of indexes.
    private func roots(_ walk: inout DatabaseWalk<SalvageSource>) -> ([String: UInt32], [UInt32]) {
        var tables: [String: UInt32] = [:]
        var indexes: [UInt32] = []
        walk.walk(root: 1, isIndex: false) { row in
            guard row.values.count == 5, case .text(let type) = row.values[0], case .text(let name) = row.values[1],
                case .integer(let root) = row.values[3]
            else { return false }
            guard let page = UInt32(exactly: root), page > 1 else { return true }
            switch String(decoding: type, as: UTF8.self) {
            case "table": tables[String(decoding: name, as: UTF8.self)] = page
            case "index": indexes.append(page)
            default: break
            }
            return true
        }
        return (tables, indexes)
    }

    private func take(_ row: DatabaseWalk<SalvageSource>.Row, _ inserter: SalvageInserter) throws -> Bool {
        guard let values = inserter.shape.row(row.values, rowID: row.rowID) else { return false }
        guard inserter.shape.name == "message_block" else { return try inserter.insert(values) }
        return try takeBlock(values, inserter)
    }

    /// Keeps a block whose content is intact; its row is derived from the content.
    private func takeBlock(_ values: [StoredValue], _ inserter: SalvageInserter) throws -> Bool {
        guard values.count >= 8, case .integer(let connectionID) = values[0], case .blob(let bytes) = values[7] else {
            return false
        }
        guard let block = try? decoder.decode(bytes), let first = block.messageIndexes.first,
            let last = block.messageIndexes.last
        else {
            if case .integer(let first) = values[1], case .integer(let last) = values[2], first >= 0, first <= last {
                damagedBlocks.append(DamagedBlock(connectionID: connectionID, messages: first...last))
            }
            // The row itself is valid; the missing messages show that its block is damaged.
            return true
        }
        // An older state of a block that has grown since, in a page that is no longer in use.
        guard !storedMessages.contains(anyOf: block.messageIndexes) else { return true }
        var row = values
        let times = block.batch.entries.map(\.tsRecv.rawValue)
        row[1] = .integer(first)
        row[2] = .integer(last)
        row[3] = .integer(Int64(block.batch.count))
        row[4] = .integer(times.min() ?? 0)
        row[5] = .integer(times.max() ?? 0)
        row[6] = .integer(Int64(block.batch.entries.reduce(0) { $0 + $1.length }))
        guard try inserter.insert(row) else { return false }
        storedMessages.insert(block.messageIndexes)
        sentMessages[connectionID, default: 0] += Int64(block.batch.entries.count { $0.direction == .sent })
        return true
    }
}
