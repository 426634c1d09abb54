import Archive
import MarketModel

/// How far read-only recordings have the messages of the journal's connections: sealed recordings and copies.
struct StoredPositions: Hashable {
    private var positions: [UInt64: JournalPosition] = [:]

    /// Reads the recordings of `directory`, the newest first, and skips unreadable ones.
    init(of keys: Set<UInt64>, in directory: String) {
        for file in ((try? ArchiveLocation(directory).files) ?? []).reversed() {
            // An older file that has the connection has less of it.
            guard positions.count < keys.count else { return }
            for connection in (try? ArchiveReader(path: file).journaledConnections()) ?? []
            where keys.contains(connection.key) && positions[connection.key] == nil {
                positions[connection.key] = connection.position
            }
        }
    }

    /// The position of a connection; `nil` if no recording has it.
    subscript(key: UInt64) -> JournalPosition? { positions[key] }

    /// True if recordings have everything that the journal holds of the connection.
    func cover(_ connection: JournalSurvey.Connection) -> Bool {
        positions[connection.key].map { connection.position.isCovered(by: $0) } ?? false
    }
}
