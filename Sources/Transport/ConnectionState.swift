import MarketModel
import WebSocketProtocol

/// What the event loop and the tasks of one WebSocket connection share.
struct ConnectionState: Sendable {
    /// Messages that no one has taken yet.
    var received = MessageBatch()
    /// The queue is full: nothing is read until it has been taken.
    var isReadingPaused = false
    /// No one will take messages any more.
    var isDiscarding = false
    var isWritable = true
    /// Messages on their way to the event loop, in order.
    var outgoing: [OutgoingMessages] = []
    /// Bytes of their frames, about.
    var outgoingBytes = 0
    /// False from our close frame on.
    var canSend = true
    var closeInfo: CloseInfo?
    var statistics = WebSocketStatistics()

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
}

typealias ConnectionMonitor = Monitor<ConnectionState, ConnectionTopic>

/// Settings that outlast the handshake.
struct ConnectionSettings: Sendable {
    var limits: WebSocketLimits
    var receiveQueueBytesMax: Int
    var closeTimeout: Duration
    var idleTimeout: Duration?
}
