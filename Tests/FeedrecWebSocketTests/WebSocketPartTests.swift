import FeedrecWebSocket
import Testing

struct WebSocketPartTests {
    @Test("long messages come in parts, short ones complete, at client and server")
    func parts() async throws {
        var listening = WebSocketListener.Options()
        listening.limits.partBytesMax = 4
        let handler: WebSocketListener.Handler = { socket, _ in
            while let parts = try? await socket.receiveParts() {
                try? await socket.send(parts.map { .text("\($0.bytes.count)\($0.isLast ? "." : "-")") })
            }
        }
        try await withListener(listening, handler: handler) { listener in
            var options = WebSocket.Options()
            options.limits.partBytesMax = 2
            let socket = try await WebSocket.connect(to: listener.url, options: options)
            try await socket.send([.text("abc"), .binary([1, 2, 3, 4, 5, 6, 7, 8, 9])])
            var parts: [WebSocket.Part] = []
            while parts.count < 4, let received = try await socket.receiveParts() { parts += received }
            #expect(parts.map { String(decoding: $0.bytes, as: UTF8.self) } == ["3.", "4-", "4-", "1."])
            #expect(parts.allSatisfy { $0.isFirst && $0.isLast && $0.kind == .text })

            let error = await #expect(throws: WebSocketError.self) { try await socket.receive() }
            #expect(error?.code == .invalidOption)
            await socket.close()
            #expect(try await socket.receiveParts() == nil)
        }
    }

    @Test("a part has its kind, and marks the start and end of its message")
    func marks() async throws {
        try await withListener { listener in
            var options = WebSocket.Options()
            options.limits.partBytesMax = 3
            let socket = try await WebSocket.connect(to: listener.url, options: options)
            try await socket.send([.text("a€bc"), .binary([1, 2, 3])])
            var parts: [WebSocket.Part] = []
            while parts.count < 3, let received = try await socket.receiveParts() { parts += received }
            #expect(parts.map(\.kind) == [.text, .text, .binary])
            #expect(parts.map(\.isFirst) == [true, false, true])
            #expect(parts.map(\.isLast) == [false, true, true])
            #expect(String(decoding: parts[0].bytes + parts[1].bytes, as: UTF8.self) == "a€bc")
            await socket.close()
        }
    }
}
