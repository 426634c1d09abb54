import MarketModel
import Transport

/// What `probe` says and prints over one connection.
struct ProbeConversation: Sendable {
    let connection: WebSocketConnection
    /// How lines are sent.
    let kind: MessageKind
    /// True where only the beginning and the end are worth a line.
    let isQuiet: Bool

    /// Sends every message back until the peer closes.
    func echo() async {
        while let batch = try? await connection.receive() {
            guard (try? await connection.send(batch)) != nil else { return }
        }
    }

    /// Prints what comes, while other tasks send the lines of standard input and tell of control frames.
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
