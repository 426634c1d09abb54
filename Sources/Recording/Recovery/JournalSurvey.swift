import Archive
import JournalFormat
import MarketModel

/// What a dead recorder left in the journal, connection by connection.
struct JournalSurvey {
    struct Connection {
        let key: UInt64
        /// Where its messages belong, as the journal says last.
        var place: JournalConnection?
        var tsOpened: UnixNanoseconds?
        /// Numbers of its first and its last message among all of the journal.
        var first = Int.max
        var last = Int.min

        var isEmpty: Bool { first > last }
    }

    /// In order of their first record.
    private(set) var connections: [Connection] = []
    private(set) var damages: [JournalScan.Damage] = []

    init(_ scan: JournalScan) throws(ArchiveError) {
        var index: [UInt64: Int] = [:]
        var count = 0
        for path in scan.segments {
            let page = try scan.read(path)
            if let damage = page.damage { damages.append(damage) }
            for (position, entry) in page.entries.enumerated() {
                let slot = index[entry.connectionKey] ?? connections.count
                if slot == connections.count {
                    connections.append(Connection(key: entry.connectionKey))
                    index[entry.connectionKey] = slot
                }
                if let place = page.connection(at: position) {
                    connections[slot].place = place
                    connections[slot].tsOpened = connections[slot].tsOpened ?? page.batch.entries[position].tsRecv
                }
                guard entry.kind == .message else { continue }
                connections[slot].first = min(connections[slot].first, count)
                connections[slot].last = count
                count += 1
            }
        }
    }

    /// True where `key` brings messages after the first one of `other`.
    func overlap(_ key: UInt64, _ other: UInt64) -> Bool {
        guard let one = connections.first(where: { $0.key == key }),
            let two = connections.first(where: { $0.key == other })
        else { return false }
        return one.last > two.first
    }
}
