import Archive
import JournalFormat
import MarketModel

/// What a killed recorder left in the journal, by connection.
struct JournalSurvey {
    struct Connection {
        let key: UInt64
        /// Where its messages belong, by the latest record of the journal.
        var place: JournalConnection?
        var tsOpened: UnixNanoseconds?
        /// The time of its first message.
        var tsFirst: UnixNanoseconds?
        /// The positions of its first and last message among all messages of the journal.
        var first = Int.max
        var last = Int.min
        /// The sequence numbers of its last messages.
        var position = JournalPosition()
        /// The segments that hold its messages.
        var segments: Set<String> = []

        var messageCount: Int64 = 0

        var isEmpty: Bool { messageCount == 0 }
    }

    /// In order of their first record.
    private(set) var connections: [Connection] = []
    private(set) var damages: [JournalScan.Damage] = []
    /// Files that are not segments, or cannot be read.
    private(set) var unreadable: Set<String> = []
    /// Recordings that have all of their messages.
    private var complete: Set<String> = []
    private var index: [UInt64: Int] = [:]
    private var count = 0

    init(_ scan: JournalScan) {
        for path in scan.segments {
            let page = scan.read(path)
            if let damage = page.damage { damages.append(damage) }
            if !page.isReadable { unreadable.insert(path) }
            for position in page.entries.indices { note(page, position, in: path) }
        }
    }

    private mutating func note(_ page: JournalPage, _ position: Int, in path: String) {
        let entry = page.entries[position]
        if entry.kind == .mark {
            if case .complete(let recordingID) = page.mark(at: position) { complete.insert(recordingID) }
            return
        }
        let slot = index[entry.connectionKey] ?? connections.count
        if slot == connections.count {
            connections.append(Connection(key: entry.connectionKey))
            index[entry.connectionKey] = slot
        }
        let message = page.batch.entries[position]
        if let place = page.connection(at: position) {
            connections[slot].place = place
            connections[slot].tsOpened = connections[slot].tsOpened ?? message.tsRecv
        }
        guard entry.kind == .message else { return }
        connections[slot].tsFirst = connections[slot].tsFirst ?? message.tsRecv
        connections[slot].first = min(connections[slot].first, count)
        connections[slot].last = count
        connections[slot].messageCount += 1
        connections[slot].segments.insert(path)
        if message.direction == .sent {
            connections[slot].position.sent = max(connections[slot].position.sent, entry.sequence)
        } else {
            connections[slot].position.received = max(connections[slot].position.received, entry.sequence)
        }
        count += 1
    }

    /// The connections with messages that a recording may lack.
    var unfinished: [Connection] {
        connections.filter { connection in
            !connection.isEmpty && connection.place?.origin.map { !complete.contains($0.recordingID) } ?? true
        }
    }

    /// True if `key` has messages after the first one of `other`.
    func overlap(_ key: UInt64, _ other: UInt64) -> Bool {
        guard let one = connections.first(where: { $0.key == key }),
            let two = connections.first(where: { $0.key == other })
        else { return false }
        return one.last > two.first
    }
}
