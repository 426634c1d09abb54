import FeedrecWebSocket
import Testing

struct WebSocketStateTests {
    @Test("an attempt can be watched until the end of its connection")
    func life() async throws {
        try await withListener { listener in
            let attempt = try WebSocket.Attempt(to: listener.url)
            #expect(attempt.state == .connecting)
            var states = attempt.states.makeAsyncIterator()
            #expect(await states.next() == .connecting)
            let socket = try await attempt.connect()
            #expect(await states.next() == .open)
            #expect(socket.state == .open)
            let reason = await socket.close(code: 3000, reason: "done")
            #expect(reason.initiator == .local)
            #expect(reason.code == 3000)
            var last: WebSocket.State?
            while let state = await states.next() { last = state }
            #expect(last == .closed(reason))
            #expect(attempt.state == .closed(reason))
            #expect("\(attempt.state)" == "closed (code 3000)")
            #expect(attempt.lastError == nil)
        }
    }

    @Test("a failed attempt is closed, with the error")
    func failure() async throws {
        // Nothing listens on port 1.
        let attempt = try WebSocket.Attempt(to: "ws://127.0.0.1:1")
        let error = await #expect(throws: WebSocketError.self) { try await attempt.connect() }
        #expect(attempt.lastError == error)
        guard case .closed(let reason) = attempt.state else {
            Issue.record("not closed: \(attempt.state)")
            return
        }
        #expect(reason.code == 1006)
        #expect(reason.initiator == .none)
        #expect(reason.detail == error?.description)
    }

    @Test("a connection is closing while its close frame waits for the answer")
    func closing() async throws {
        let handler: WebSocketListener.Handler = { socket, _ in
            for await state in socket.states where state == .closing { break }
        }
        try await withListener(handler: handler) { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            var states = socket.states.makeAsyncIterator()
            #expect(await states.next() == .open)
            async let reason = socket.close(code: 1001)
            var seen: [WebSocket.State] = []
            while let state = await states.next() { seen.append(state) }
            #expect(await seen.last == .closed(reason))
            #expect(seen.dropLast().allSatisfy { $0 == .closing })
        }
    }

    @Test(
        "the peer's close code decides whether to retry",
        arguments: [(1001, true), (4000, true), (1008, false)]
    )
    func remoteClose(code: Int, isRetryable: Bool) async throws {
        let handler: WebSocketListener.Handler = { socket, _ in await socket.close(code: UInt16(code)) }
        try await withListener(handler: handler) { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            #expect(await socket.closed().code == UInt16(code))
            let error = await #expect(throws: WebSocketError.self) { try await socket.send("too late") }
            #expect(error?.code == .closed)
            #expect(error?.closeCode == UInt16(code))
            #expect(error?.isRetryable == isRetryable)
        }
    }

    @Test("abort ends at once, without a close frame")
    func abort() async throws {
        try await withListener { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            socket.abort()
            let reason = await socket.closed()
            #expect(reason.code == 1006)
            #expect(reason.initiator == .none)
            #expect(socket.lastError?.code == .aborted)
            let error = await #expect(throws: WebSocketError.self) { try await socket.receive() }
            #expect(error?.code == .aborted)
        }
    }
}
