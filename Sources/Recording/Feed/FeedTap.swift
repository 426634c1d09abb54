import Archive
import JournalFormat
import MarketModel
import Synchronization
import Transport
import Venues

/// Puts the messages of one connection into the journal, on the connection's event loop, before any other code gets
/// them.
final class FeedTap: MessageTap {
    private struct State {
        var position = JournalPosition()
        var connection: JournalConnection
        var redactor: (any MessageRedactor)?
        var isOpen = false
    }

    /// The connection's name in the journal.
    let key: UInt64
    private let journal: Journal
    private let state: Synchronization.Mutex<State>

    init(key: UInt64, connection: JournalConnection, journal: Journal, redactor: (any MessageRedactor)? = nil) {
        self.key = key
        self.journal = journal
        state = Synchronization.Mutex(State(connection: connection, redactor: redactor))
    }

    /// Journals the messages that waited for the end of a record, after the connection has ended.
    ///
    /// - Returns: The messages, which are in the journal now, and how many bytes of the record were withheld.
    func finish() -> (messages: MessageBatch, withheldBytes: Int) {
        state.withLock { state in
            guard var (messages, withheldBytes) = state.redactor?.finish() else { return (MessageBatch(), 0) }
            store(&messages, &state)
            return (messages, withheldBytes)
        }
    }

    func take(_ batch: inout MessageBatch) {
        batch = append(batch)
    }

    /// Journals messages that are about to be sent; returns them as they may be stored.
    func willSend(_ batch: MessageBatch) -> MessageBatch {
        append(batch)
    }

    /// Tells the journal that the connection continues in another recording.
    func move(to connection: JournalConnection, at time: UnixNanoseconds) {
        state.withLock { state in
            state.connection = connection
            if state.isOpen { _ = journal.open(connection, key: key, at: time) }
        }
    }

    /// Redacts the messages before journalling them: no secret may reach the disk.
    private func append(_ batch: MessageBatch) -> MessageBatch {
        var batch = batch
        state.withLock { state in
            state.redactor?.redact(&batch)
            store(&batch, &state)
        }
        return batch
    }

    /// Journals messages and notes their position in the batch.
    private func store(_ batch: inout MessageBatch, _ state: inout State) {
        guard let first = batch.entries.first else { return }
        if !state.isOpen { state.isOpen = journal.open(state.connection, key: key, at: first.tsRecv) }
        let count = journal.append(batch, connectionKey: key, position: &state.position)
        // A full journal stores nothing, but the numbers continue: they show what is missing.
        for entry in batch.entries[count...] {
            if entry.direction == .sent { state.position.sent += 1 } else { state.position.received += 1 }
        }
        // Messages of the other direction may be on their way to the capture.
        var own = JournalPosition()
        if batch.entries.contains(where: { $0.direction == .received }) { own.received = state.position.received }
        if batch.entries.contains(where: { $0.direction == .sent }) { own.sent = state.position.sent }
        batch.journalPosition = own
    }
}
