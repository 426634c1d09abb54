import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct WebSocketStatusTests {
    @Test("every state of a connection can be read, and watched to the end")
    func life() async throws {
        let status = WebSocketStatus()
        #expect(status.state == .connecting(.connect))
        let watcher = Task {
            var states: [WebSocketState] = []
            for await state in status.states { states.append(state) }
            return states
        }
        try await withServer(EchoHandler()) { server in
            let configuration = WebSocketClient.Configuration(url: try WebSocketURL(server.url))
            let connection = try await WebSocketClient.connect(
                configuration,
                group: testGroup,
                now: wallClock,
                status: status
            )
            #expect(status.state == .open)
            #expect(connection.state == .open)
            let info = await connection.close(code: 4000)
            #expect(connection.state == .closed(.ended(info)))
            #expect(connection.lastError == nil)
            let states = await watcher.value
            #expect(states.last == .closed(.ended(info)))
            #expect(states.count <= 5)
        }
    }

    @Test("an attempt can be watched, and ends with its error")
    func attempt() async throws {
        let silent = try await RawServer { _ in .wait }
        let status = WebSocketStatus()
        let configuration = WebSocketClient.Configuration(url: try WebSocketURL("ws://\(silent.authority)"))
        let attempt = Task {
            try await WebSocketClient.connect(configuration, group: testGroup, now: wallClock, status: status)
        }
        for await state in status.states {
            if state == .connecting(.handshake) { attempt.cancel() }
            #expect(state != .open)
        }
        #expect(status.lastError?.code == .cancelled)
        #expect(status.state == .closed(.failed(.init(code: .cancelled, description: "cancelled"))))
        try await silent.close()
    }

    @Test("a lost, broken or aborted connection reports its last error")
    func lastErrors() async throws {
        let lost = try await RawServer { RawServer.acceptance(of: $0).map { .sendAndClose($0) } ?? .wait }
        let broken = try await RawServer { RawServer.acceptance(of: $0).map { .send($0 + [0xff]) } ?? .wait }
        let cases: [(RawServer, TransportError.Code)] = [
            (lost, .network), (broken, .protocolViolation(closeCode: 1002)),
        ]
        for (server, code) in cases {
            let connection = try await connect("ws://\(server.authority)")
            let info = await connection.ended()
            #expect(connection.state == .closed(.ended(info)))
            #expect(connection.lastError?.code == code)
            #expect(connection.lastError?.description == info.error)
            #expect(connection.lastError?.isRetryable == true)
            try await server.close()
        }
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url)
            connection.abort()
            _ = await connection.ended()
            #expect(connection.lastError?.code == .aborted)
        }
    }

    @Test(
        "the peer's close code decides whether to retry",
        arguments: [(1001, true), (4000, true), (1008, false)]
    )
    func remoteClose(code: Int, isRetryable: Bool) async throws {
        let handler = ScriptedHandler { await $0.close(code: UInt16(code)) }
        try await withServer(handler) { server in
            let connection = try await connect(server.url)
            let info = await connection.ended()
            #expect(connection.lastError == nil)
            let error = await #expect(throws: TransportError.self) {
                try await connection.send(MessageBatch(texts: ["x"]))
            }
            #expect(error?.code == .closed)
            #expect(error?.closeInfo == info)
            #expect(error?.isRetryable == isRetryable)
        }
    }

    @Test(
        "every code says whether a retry can help",
        arguments: [
            (.invalidURL, false), (.invalidProxy, false), (.unknownHost, true), (.connectionRefused, true),
            (.network, true), (.timedOut(.connect), true), (.timedOut(.idle), true), (.tlsConfiguration, false),
            (.certificate, false), (.tls, true), (.handshake(status: 401), false), (.handshake(status: 404), false),
            (.handshake(status: 429), true), (.handshake(status: 500), true), (.handshake(status: 501), false),
            (.handshake(status: 503), true), (.handshake(status: nil), false), (.redirected(status: 302), false),
            (.proxy(.authentication), false), (.proxy(.notAllowed), false), (.proxy(.unreachable), true),
            (.proxy(.answered(status: 502)), true), (.proxy(.answered(status: 400)), false),
            (.proxy(.malformed), false), (.proxy(.ended), true), (.protocolViolation(closeCode: 1007), true),
            (.closed, true), (.aborted, false), (.addressInUse, false), (.cannotListen, false),
            (.tooManyConnections, true), (.cancelled, false),
        ] as [(TransportError.Code, Bool)]
    )
    func retrying(code: TransportError.Code, isRetryable: Bool) {
        #expect(TransportError(code: code, description: "").isRetryable == isRetryable)
    }
}
