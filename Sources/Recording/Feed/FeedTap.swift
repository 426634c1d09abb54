import Archive
import JournalFormat
import MarketModel
import Transport
import Venues

/// Puts the messages of one connection into the journal, before any other code gets them.
///
/// It redacts them first: no secret may reach the disk.
///
/// `@unchecked Sendable`: the connection's event loop owns the tap. All methods are called there, so no code waits
/// while messages are redacted and journalled.
final class FeedTap: MessageTap, @unchecked Sendable {
    /// The connection's name in the journal.
    let key: UInt64
    private let journal: Journal
    private var position = JournalPosition()
    private var connection: JournalConnection
    private var redactor: ConnectionRedactor?
    private var isOpen = false

    init(key: UInt64, connection: JournalConnection, journal: Journal, redactor: ConnectionRedactor? = nil) {
        self.key = key
        self.journal = journal
        self.connection = connection
        self.redactor = redactor
    }

    func take(_ batch: inout MessageBatch) {
        redactor?.redact(&batch)
        store(&batch)
    }

    /// Journals messages that are about to be sent; returns them as they may be stored.
    func willSend(_ batch: MessageBatch) -> MessageBatch {
        var batch = batch
        take(&batch)
        return batch
    }

    /// Journals the messages that waited for the end of a record, after the connection has ended.
    ///
    /// - Returns: The messages, which are in the journal now, and how many bytes of the record were withheld.
    func finish() -> (messages: MessageBatch, withheldBytes: Int) {
        guard var finished = redactor?.finish() else { return (MessageBatch(), 0) }
        store(&finished.messages)
        return finished
    }

    /// Tells the journal that the connection continues in another recording.
    func move(to connection: JournalConnection, at time: UnixNanoseconds) {
        self.connection = connection
        if isOpen { _ = journal.open(connection, key: key, at: time) }
    }

    /// Journals messages and notes their position in the batch.
    private func store(_ batch: inout MessageBatch) {
        guard let first = batch.entries.first else { return }
        if !isOpen { isOpen = journal.open(connection, key: key, at: first.tsRecv) }
        let count = journal.append(batch, connectionKey: key, position: &position)
        // A full journal stores nothing, but the numbers continue: they show what is missing.
        for entry in batch.entries[count...] {
            if entry.direction == .sent { position.sent += 1 } else { position.received += 1 }
        }
        // Messages of the other direction may still be on their way to the capture.
        var own = JournalPosition()
        if batch.entries.contains(where: { $0.direction == .received }) { own.received = position.received }
        if batch.entries.contains(where: { $0.direction == .sent }) { own.sent = position.sent }
        batch.journalPosition = own
    }
}
