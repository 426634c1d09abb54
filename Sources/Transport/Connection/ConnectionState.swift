import MarketModel
import WebSocketProtocol

/// State shared by the event loop and the tasks of one WebSocket connection.
struct ConnectionState: Sendable {
    /// What the task that receives messages is doing.
    enum Consumer: Sendable {
        /// It has never asked for messages.
        case absent
        case waiting
        /// It has taken messages and has not asked for more: it may be about to answer them.
        case busy
    }

    /// Messages that have not been taken yet.
    var received = MessageBatch()
    /// The entries of `received` that are parts of messages.
    var receivedParts: [MessagePart] = []
    /// The queue is full: the socket is not read until the queue has been taken.
    var isReadingPaused = false
    /// Nothing will take messages any more.
    var isDiscarding = false
    var consumer = Consumer.absent
    /// The connection is about to end, and waits for the consumer to ask for more.
    var isAwaitingAnswers = false
    var isWritable = true
    /// Messages on their way to the event loop, in order.
    var outgoing: [OutgoingMessages] = []
    /// Approximate size of their frames.
    var outgoingBytes = 0
    /// False once our close frame has been sent.
    var canSend = true
    var closeInfo: CloseInfo?
    /// What ended the connection; `nil` after a close handshake.
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

/// The messages of a batch that are to be sent.
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
