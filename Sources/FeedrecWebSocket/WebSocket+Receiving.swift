import Transport

extension WebSocket {
    /// All messages that arrived since the last call, in order, at least one; `nil` once the connection was closed.
    ///
    /// For one consumer at a time, ``messages`` included. Waits for the first message. What arrived before the end is
    /// given before the end is told: `nil` after a close handshake, whatever its code (``state`` has it), and what broke
    /// the connection as an error where there was none. While ``Limits/receiveQueueBytesMax`` wait to be received the
    /// socket is not read, and the peer has to wait. A cancelled task loses nothing: the next call gives the messages.
    /// Throws ``WebSocketError/Code-swift.struct/invalidOption`` where ``Limits/partBytesMax`` asks for
    /// ``receiveParts()``.
    public func receive() async throws(WebSocketError) -> [Message]? {
        guard !isInParts else { throw .invalidOption("with partBytesMax messages are received by receiveParts()") }
        do {
            if let batch = try await connection.receive() { return batch.messages }
        } catch {
            throw WebSocketError(any: error)
        }
        if let lastError { throw lastError }
        return nil
    }

    /// The messages as they come, one by one; ends and throws as ``receive()``.
    ///
    /// For one consumer at a time. Messages that were received with the last one taken are lost when the loop is left
    /// early and another is begun: use ``receive()`` for that, or keep the iterator.
    public var messages: Messages { Messages(socket: self) }

    /// The messages of a connection as they come; see ``WebSocket/messages``.
    public struct Messages: AsyncSequence, Sendable {
        /// A whole message.
        public typealias Element = Message
        /// What broke the connection, or that the task was cancelled.
        public typealias Failure = WebSocketError

        let socket: WebSocket

        /// An iterator that begins with the next message not received yet.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(socket: socket) }

        /// Takes messages in batches and gives them one by one.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private let socket: WebSocket
            private var batch: [Message] = []
            private var nextIndex = 0

            init(socket: WebSocket) {
                self.socket = socket
            }

            /// The next message; `nil` once the connection was closed, an error where it broke.
            public mutating func next() async throws(WebSocketError) -> Message? {
                try await next(isolation: nil)
            }

            /// The next message; `nil` once the connection was closed, an error where it broke.
            ///
            /// Does not leave the caller's actor while there are messages.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(WebSocketError) -> Message? {
                if nextIndex == batch.count {
                    guard let received = try await socket.receive() else { return nil }
                    batch = received
                    nextIndex = 0
                }
                defer { nextIndex += 1 }
                return batch[nextIndex]
            }
        }
    }
}
