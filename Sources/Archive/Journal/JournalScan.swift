package import JournalFormat
package import MarketModel

/// Reads what a dead process left in the journal, in the order it was written.
package struct JournalScan {
    /// An incomplete record or part of a segment.
    package struct Damage: Hashable, Sendable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "'\(path)': \(reason)" }
    }

    package let segments: [String]
    private let directory: JournalDirectory
    private let fileSystem: any FileSystem

    /// The journal of the archive in `directory`; it has no segments if the directory is missing.
    package init(archive directory: String, fileSystem: any FileSystem = SystemFileSystem()) throws(ArchiveError) {
        self.directory = JournalDirectory(archive: directory)
        segments = try self.directory.segments(fileSystem)
        self.fileSystem = fileSystem
    }

    package var isEmpty: Bool { segments.isEmpty }

    /// Reads one of ``segments``; if it is damaged, returns its intact records.
    ///
    /// A file that cannot be read, or is not a segment, gives no records and must be kept.
    package func read(_ path: String) -> JournalPage {
        let bytes: [UInt8]
        do throws(ArchiveError) {
            bytes = try fileSystem.read(path)
        } catch {
            return JournalPage(unreadable: Damage(path: path, reason: error.description))
        }
        return bytes.withUnsafeBytes { bytes in
            guard var reader = JournalSegmentReader(bytes) else {
                // A file that was created but not begun is empty.
                if bytes.allSatisfy({ $0 == 0 }) { return JournalPage() }
                return JournalPage(
                    unreadable: Damage(path: path, reason: "it does not begin with a segment header")
                )
            }
            // The segment was renamed for reuse but not begun: everything in it is stored.
            guard path == directory.segment(reader.header.number) else { return JournalPage() }
            var page = JournalPage()
            while let record = reader.next() { page.append(record) }
            if case .torn(let offset, _, let reason) = reader.ending {
                page.damage = Damage(path: path, reason: "the record at byte \(offset) is incomplete: \(reason)")
            }
            return page
        }
    }

    /// Removes the segments, oldest first, after recordings have everything in them.
    ///
    /// Segments in `kept` are moved to a directory beside the journal, which is returned. No later recovery reads them.
    @discardableResult
    package func remove(settingAside kept: Set<String> = []) throws(ArchiveError) -> String? {
        for path in segments {
            if kept.contains(path) { try directory.setAside(path, fileSystem) } else { try fileSystem.unlink(path) }
        }
        fileSystem.removeDirectory(directory.path)
        return kept.isEmpty ? nil : directory.aside
    }
}

/// The records of one segment.
package struct JournalPage: Sendable {
    /// The fields of a record besides its message.
    package struct Entry: Hashable, Sendable {
        package let kind: JournalRecordKind
        package let connectionKey: UInt64
        package let sequence: UInt64
    }

    package private(set) var entries: [Entry] = []
    /// The payloads, one for each of ``entries``.
    package private(set) var batch = MessageBatch()
    package fileprivate(set) var damage: JournalScan.Damage?
    /// False for a file that cannot be read as a segment at all.
    package private(set) var isReadable = true

    fileprivate init() {}

    fileprivate init(unreadable damage: JournalScan.Damage) {
        self.damage = damage
        isReadable = false
    }

    fileprivate mutating func append(_ record: JournalRecord) {
        entries.append(
            Entry(kind: record.kind, connectionKey: record.connectionKey, sequence: record.sequence)
        )
        batch.append(record.payload, kind: record.messageKind, direction: record.direction, tsRecv: record.tsRecv)
        batch.entries[batch.entries.count - 1].isRedacted = record.isRedacted
    }

    /// The connection that record `index` opens; `nil` if the record is of another kind.
    package func connection(at index: Int) -> JournalConnection? {
        guard entries[index].kind == .connectionOpened else { return nil }
        return batch.withPayload(at: index) { JournalConnection($0) }
    }

    /// The mark in record `index`; `nil` if it is another record or a mark of a newer feedrec.
    package func mark(at index: Int) -> JournalMark? {
        guard entries[index].kind == .mark else { return nil }
        return batch.withPayload(at: index) { JournalMark($0) }
    }
}
