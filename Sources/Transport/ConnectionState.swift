import MarketModel
import WebSocketProtocol

/// What the event loop and the tasks of one WebSocket connection share.
struct ConnectionState: Sendable {
    /// What the task that receives messages is doing.
    enum Consumer: Sendable {
        /// It has never asked.
        case absent
        case waiting
        /// It has taken messages and not asked for more since: it may be about to answer them.
        case busy
    }

    /// Messages that no one has taken yet.
    var received = MessageBatch()
    /// Which of them are parts of messages.
    var receivedParts: [MessagePart] = []
    /// The queue is full: nothing is read until it has been taken.
    var isReadingPaused = false
    /// No one will take messages any more.
    var isDiscarding = false
    var consumer = Consumer.absent
    /// The connection is about to end, and its end waits for the consumer to ask for more.
    var isAwaitingAnswers = false
    var isWritable = true
    /// Messages on their way to the event loop, in order.
    var outgoing: [OutgoingMessages] = []
    /// Bytes of their frames, about.
    var outgoingBytes = 0
    /// False from our close frame on.
    var canSend = true
    var closeInfo: CloseInfo?
    /// What ended the connection, if it was not a close handshake.
    var failure: TransportError?
    var statistics = WebSocketStatistics()
    var events: ConnectionEvents

    mutating func forgetReceived() {
        received.removeAll()
        receivedParts.removeAll()
    }

    /// Memory of the queue.
    var queuedBytes: Int { received.bytes.count + received.entries.count * MemoryLayout<MessageBatch.Entry>.stride }
}

/// Some messages of a batch that are to be sent.
struct OutgoingMessages: Sendable {
    let batch: MessageBatch
    let range: Range<Int>
}

enum ConnectionTopic: Hashable, Sendable {
    case received
    case writable
    case closed
    case event
}

typealias ConnectionMonitor = Monitor<ConnectionState, ConnectionTopic>
