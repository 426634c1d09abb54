import Transport

extension WebSocket {
    /// Returns all messages that arrived since the last call, in order, at least one; `nil` once the connection is
    /// closed.
    ///
    /// For one consumer at a time, including ``messages``. Waits for the first message. Messages that arrived before
    /// the end are returned first. Then the result is `nil` after a close handshake with any code (see ``state``), and
    /// otherwise the error that broke the connection. While ``Limits/receiveQueueBytesMax`` are waiting, the socket is
    /// not read and the peer has to wait. A cancelled task loses nothing: the next call returns the messages.
    ///
    /// Throws ``WebSocketError/Code-swift.struct/invalidOption`` if ``Limits/partBytesMax`` requires
    /// ``receiveParts()``.
    public func receive() async throws(WebSocketError) -> [Message]? {
        guard !isInParts else { throw .invalidOption("with partBytesMax, receive messages with receiveParts()") }
        do {
            if let batch = try await connection.receive() { return batch.messages }
        } catch {
            throw WebSocketError(any: error)
        }
        if let lastError { throw lastError }
        return nil
    }

    /// The messages as they arrive, one by one; ends and throws like ``receive()``.
    ///
    /// For one consumer at a time. If you leave the loop early and start another, messages received together with the
    /// last one are lost. Use ``receive()`` for that, or keep the iterator.
    public var messages: Messages { Messages(socket: self) }

    /// The messages of a connection as they arrive; see ``WebSocket/messages``.
    public struct Messages: AsyncSequence, Sendable {
        /// A complete message.
        public typealias Element = Message
        /// The error that broke the connection, or the cancellation of the task.
        public typealias Failure = WebSocketError

        let socket: WebSocket

        /// Makes an iterator that begins with the next unreceived message.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(socket: socket) }

        /// Receives messages in batches and returns them one by one.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private let socket: WebSocket
            private var batch: [Message] = []
            private var nextIndex = 0

            init(socket: WebSocket) {
                self.socket = socket
            }

            /// Returns the next message; `nil` once the connection is closed, an error if it broke.
            public mutating func next() async throws(WebSocketError) -> Message? {
                try await next(isolation: nil)
            }

            /// Returns the next message; `nil` once the connection is closed, an error if it broke.
            ///
            /// Stays on the caller's actor while there are messages.
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
