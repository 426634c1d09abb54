import FeedrecWebSocket
import Testing

struct WebSocketTests {
    @Test("text and binary messages come back unchanged, in order", arguments: [false, true])
    func echo(isCompressed: Bool) async throws {
        var listening = WebSocketListener.Options()
        listening.isCompressionAccepted = isCompressed
        try await withListener(listening) { listener in
            var options = WebSocket.Options()
            options.isCompressionOffered = isCompressed
            let socket = try await WebSocket.connect(to: listener.url, options: options)
            #expect(socket.info.extensions.isEmpty == !isCompressed)
            let long = String(repeating: "äöü ", count: 50_000)
            try await socket.send("hello")
            try await socket.send([0, 255, 128])
            try await socket.send([.text(""), .binary([]), .text(long)])
            let expected: [WebSocket.Message] = [
                .text("hello"), .binary([0, 255, 128]), .text(""), .binary([]), .text(long),
            ]
            #expect(try await socket.receive(count: 5) == expected)
            #expect(socket.statistics.messagesSent == 5)
            #expect(socket.statistics.messagesReceived == 5)
            #expect(socket.queuedBytes == 0)
            let reason = await socket.close()
            #expect(reason.code == 1000)
            #expect(try await socket.receive() == nil)
        }
    }

    @Test("the sequence returns every message, and ends when the peer closes with any code")
    func messages() async throws {
        let handler: WebSocketListener.Handler = { socket, _ in
            try? await socket.send((0..<1000).map { .text(String($0)) })
            await socket.close(code: 4001, reason: "enough")
        }
        try await withListener(handler: handler) { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            var received: [WebSocket.Message] = []
            for try await message in socket.messages { received.append(message) }
            #expect(received == (0..<1000).map { .text(String($0)) })
            let reason = await socket.closed()
            #expect(reason.code == 4001)
            #expect(reason.reason == "enough")
            #expect(reason.initiator == .remote)
            #expect(reason.detail == nil)
            #expect(socket.state == .closed(reason))
            #expect("\(socket.state)" == "closed (code 4001, 'enough')")
            #expect(socket.lastError == nil)
        }
    }

    @Test("a lost connection returns what arrived, then throws the error")
    func lost() async throws {
        let handler: WebSocketListener.Handler = { socket, _ in
            try? await socket.send("last words")
            // The client's answer shows that it has received them.
            _ = try? await socket.receive()
            socket.abort()
            await socket.closed()
        }
        try await withListener(handler: handler) { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            var messages = socket.messages.makeAsyncIterator()
            #expect(try await messages.next() == .text("last words"))
            try await socket.send("heard")
            let error = await #expect(throws: WebSocketError.self) { try await messages.next() }
            #expect(error?.code == .network)
            #expect(error?.isRetryable == true)
            #expect(socket.lastError == error)
            #expect(await socket.closed().code == 1006)
        }
    }

    @Test("the handshake carries headers and query, and agrees on a subprotocol")
    func handshake() async throws {
        var listening = WebSocketListener.Options()
        listening.subprotocols = ["two", "three"]
        let handler: WebSocketListener.Handler = { socket, request in
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
            try? await socket.send("\(request.path) \(query) \(request.header("x-name") ?? "-")")
        }
        try await withListener(listening, handler: handler) { listener in
            var options = WebSocket.Options()
            options.headers = [("X-Name", "value")]
            options.subprotocols = ["one", "two"]
            let socket = try await WebSocket.connect(to: listener.url + "/a%20path?b=c", options: options)
            #expect(try await socket.receive() == [.text("/a path b=c value")])
            #expect(socket.info.subprotocol == "two")
            #expect(socket.info.remoteAddress == "127.0.0.1:\(listener.port)")
            #expect(socket.info.connectDuration != nil)
            #expect(socket.info.tlsVersion == nil)
        }
    }

    @Test("a cancelled task stops waiting, and nothing is lost")
    func cancellation() async throws {
        try await withListener { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            let waiting = Task { try await socket.receive() }
            waiting.cancel()
            let error = await #expect(throws: WebSocketError.self) { try await waiting.value }
            #expect(error?.code == .cancelled)
            try await socket.send("still here")
            #expect(try await socket.receive() == [.text("still here")])
            socket.ping()
            await socket.close()
            #expect(socket.statistics.pingsSent == 1)
        }
    }
}
