import JournalFormat
import MarketModel

extension ArchiveReader {
    /// The tables, besides the blocks, that determine which messages a recording holds.
    private static let searchedTables = ["session", "feed", "connection", "instrument", "gap", "trade"]

    /// Checks that a search for messages finds all of them: the index of the blocks is intact, and every block can be
    /// decoded and agrees with its row.
    ///
    /// It reads all raw messages.
    ///
    /// - Throws: ``ArchiveError/Code/corrupted``, with the file and the first damaged block or table.
    package func checkBlocks() throws(ArchiveError) {
        try checkPages("integrity_check", of: "message_block")
        for table in Self.searchedTables { try checkPages("quick_check", of: table) }
        let known = Set(try connections().map(\.connectionID))
        let decoder = BlockDecoder()
        var blocks = try blocks()
        while let stored = try blocks.nextStored() {
            let block = try stored.decoded(by: decoder, path: path)
            guard known.contains(stored.connectionID) else {
                throw damage("the block from message \(stored.firstMessageIndex) names no connection")
            }
            if let mismatch = stored.mismatches(with: block).first {
                throw damage("the block from message \(stored.firstMessageIndex) does not fit its row: \(mismatch)")
            }
        }
    }

    private func checkPages(_ check: String, of table: String) throws(ArchiveError) {
        let finding = try read { handle throws(ArchiveError) -> String? in
            let statement = try PreparedStatement("PRAGMA \(check)(\(table))", on: handle, path: path)
            defer { statement.reset() }
            return try statement.step() ? statement.text(0) : nil
        }
        guard let finding, finding != "ok" else { return }
        throw damage("table \(table) is damaged: \(finding)")
    }

    private func damage(_ what: String) -> ArchiveError {
        ArchiveError(code: .corrupted, path: path, detail: "'\(path)': \(what)", hint: "run 'feedrec verify' on it")
    }
}

extension StoredBlock {
    /// The columns of the row that differ from the content of the block, in words for the user.
    func mismatches(with block: DecodedBlock) -> [String] {
        let times = block.batch.entries.map(\.tsRecv.rawValue)
        let payloadBytes = block.batch.entries.reduce(0) { $0 + $1.length }
        let pairs: [(String, Int64, Int64)] = [
            ("message_count", messageCount, Int64(block.batch.count)),
            ("first_message_index", firstMessageIndex, block.messageIndexes.first ?? -1),
            ("last_message_index", lastMessageIndex, block.messageIndexes.last ?? -1),
            ("ts_first", tsFirst, times.min() ?? -1),
            ("ts_last", tsLast, times.max() ?? -1),
            ("payload_bytes", self.payloadBytes, Int64(payloadBytes)),
        ]
        return pairs.compactMap { column, expected, actual in
            expected == actual ? nil : "\(column) says \(expected), the block holds \(actual)"
        }
    }
}
