import MarketModel
import Transport

/// The conversation of `probe` over one connection.
struct ProbeConversation: Sendable {
    let connection: WebSocketConnection
    /// The kind of message that a line is sent as.
    let kind: MessageKind
    /// True if only the start and the end are logged.
    let isQuiet: Bool

    /// Sends every message back until the peer closes the connection.
    func echo() async {
        while let batch = try? await connection.receive() {
            guard (try? await connection.send(batch)) != nil else { return }
        }
    }

    /// Prints received messages, while other tasks send the lines of standard input and log control frames.
    func talk() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await sendLines() }
            group.addTask { try await tellOfControlFrames() }
            var output = StandardOutput()
            while let batch = try await connection.receive() {
                ProbeLog.messages("received", batch)
                for index in 0..<batch.count {
                    try output.write(batch.payload(at: index))
                    try output.write("\n")
                }
                try output.flush()
            }
            group.cancelAll()
        }
    }

    private func sendLines() async throws {
        try await StandardInput().forEachLine { line in
            var message = MessageBatch()
            message.append(line.utf8, kind: kind, direction: .sent, tsRecv: Clocks.wall())
            try await connection.send(message)
            ProbeLog.messages("sent", message)
        }
        if !Task.isCancelled { connection.beginClose() }
    }

    private func tellOfControlFrames() async throws {
        while let events = try await connection.receiveEvents() {
            for event in events { ProbeLog.event(event) }
        }
    }
}
