/// Notes in a repaired recording that an import has stored lost messages again.
package enum DamageSettlement {
    /// Reduces the count of each gap of cause ``GapRow/damageCause`` by the number in `restored`, by gap id.
    ///
    /// If all messages of a gap are stored again, nothing is lost, so its row is removed. The rows of `absence` stay,
    /// because the messages are in another session of the archive. A row of `upkeep` says how many there are.
    ///
    /// - Throws: ``ArchiveError/Code/busy`` while the recording is being written; it is then unchanged.
    package static func settle(
        _ path: String,
        _ restored: [Int64: Int64],
        _ stamp: UpkeepStamp,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) {
        let upkeep = try ArchiveUpkeep(directory: FilePath.parent(of: path))
        try upkeep.checkNotWritten(path)
        try upkeep.foldLog(of: path)
        let upgraded = try UpgradedCopy(of: path, fileSystem: fileSystem)
        let replacement = try RecordingReplacement(of: path, source: upgraded?.path, fileSystem: fileSystem)
        let copy = try TableCopy(replacement)
        for table in copy.tables { try copy.copy(table) }
        try copy.detach()
        try reduce(restored, in: replacement)
        let row = UpkeepRow(
            kind: .repair,
            ts: stamp.now,
            programVersion: stamp.programVersion,
            detail: "{\"stored_again\":\(restored.values.reduce(0, +))}"
        )
        try row.insert(on: replacement.handle, path: replacement.path)
        try replacement.finish()
        try upkeep.checkNotWritten(path)
        try withExtendedLifetime(upgraded) { () throws(ArchiveError) in try replacement.putInPlace() }
    }

    private static func reduce(
        _ restored: [Int64: Int64],
        in replacement: RecordingReplacement
    ) throws(ArchiveError) {
        let update = try replacement.statement(
            "UPDATE gap SET estimated_count = estimated_count - ? WHERE gap_id = ? AND cause = '\(GapRow.damageCause)'"
        )
        for (gapID, count) in restored {
            update.bind(1, count)
            update.bind(2, gapID)
            try update.run()
        }
        try replacement.execute("DELETE FROM gap WHERE cause = '\(GapRow.damageCause)' AND estimated_count <= 0")
    }
}
