import MarketModel
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

struct WebSocketEchoTests {
    @Test("text and binary messages come back as they were sent")
    func plainEcho() async throws {
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url + "/echo") { $0.subprotocols = ["one", "two"] }
            #expect(connection.info.remoteAddress == "127.0.0.1:\(server.localPort)")
            #expect(connection.info.localAddress?.hasPrefix("127.0.0.1:") == true)
            #expect(connection.info.subprotocol == "one")
            #expect(connection.info.tlsVersion == nil)
            var batch = MessageBatch(texts: ["", "héllo", String(repeating: "x", count: 200_000)])
            batch.append([0, 255, 128], kind: .binary, direction: .sent, tsRecv: UnixNanoseconds(0))
            try await connection.send(batch)
            let echo = try await connection.receive(count: 4)
            #expect(echo.bytes == batch.bytes)
            #expect(echo.entries.map(\.kind) == [.text, .text, .text, .binary])
            #expect(echo.entries.allSatisfy { $0.direction == .received && $0.tsRecv.rawValue > 0 })
            let statistics = connection.statistics
            #expect(statistics.messagesReceived == 4)
            #expect(statistics.messagesSent == 4)
            let info = await connection.close()
            #expect(info.code == 1000)
            #expect(info.initiator == .local)
            #expect(try await connection.receive() == nil)
        }
    }

    @Test("TLS carries messages longer than its records, and the connection describes it")
    func secureEcho() async throws {
        let files = try TestCertificates()
        let tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            #expect(server.url.hasPrefix("wss://127.0.0.1:"))
            let connection = try await connect(server.url) { $0.caFile = files.caFile }
            #expect(connection.info.tlsVersion == "TLSv1.3")
            #expect(connection.info.cipher?.isEmpty == false)
            #expect(connection.info.certificateFingerprint?.count == 64)
            #expect(connection.info.tlsDuration != nil)
            let batch = MessageBatch(texts: (0..<50).map { String(repeating: "\($0)", count: $0 * 1000) })
            try await connection.send(batch)
            let echo = try await connection.receive(count: batch.count)
            #expect(echo.texts == batch.texts)
            let info = await connection.close(code: 4001, reason: "done")
            #expect(info.code == 4001)
            #expect(info.error == nil)
        }
    }

    @Test("100,000 small messages arrive complete and in order", arguments: [false, true])
    func integrity(isSecure: Bool) async throws {
        let files = try TestCertificates()
        let tls = isSecure ? try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile) : nil
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            let connection = try await connect(server.url) { $0.caFile = files.caFile }
            let count = 100_000
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for start in stride(from: 0, to: count, by: 1000) {
                        try await connection.send(MessageBatch(texts: (start..<start + 1000).map { "message \($0)" }))
                    }
                }
                var next = 0
                var mismatches = 0
                while next < count, let batch = try await connection.receive() {
                    for text in batch.texts {
                        mismatches += text == "message \(next)" ? 0 : 1
                        next += 1
                    }
                }
                #expect(next == count)
                #expect(mismatches == 0)
                try await group.waitForAll()
            }
            await connection.close()
        }
    }

    @Test("frames that arrive with the 101 response are not lost")
    func gluedFrames() async throws {
        let server = try await RawServer { input in
            guard let answer = RawServer.acceptance(of: input) else { return .wait }
            let frames: [UInt8] = [0x81, 2, 0x68, 0x69, 0x81, 1, 0x21, 0x88, 2, 0x03, 0xe8]
            return .send(answer + frames)
        }
        let connection = try await connect("ws://\(server.authority)")
        let batch = try await connection.receive(count: 10)
        #expect(batch.texts == ["hi", "!"])
        let info = await connection.ended()
        #expect(info.code == 1000)
        #expect(info.initiator == .remote)
        try await server.close()
    }

    @Test("a slow consumer receives every message while the queue stays bounded")
    func backpressure() async throws {
        let count = 20_000
        let payload = String(repeating: "p", count: 1000)
        let sender = ScriptedHandler { connection in
            for _ in 0..<count / 100 {
                try await connection.send(MessageBatch(texts: Array(repeating: payload, count: 100)))
            }
            await connection.close()
        }
        try await withServer(sender) { server in
            let connection = try await connect(server.url) { $0.receiveQueueBytesMax = 64 << 10 }
            var received = 0
            var queuedMax = 0
            while let batch = try await connection.receive() {
                received += batch.count
                // Lets the event loop run before the queue is checked.
                for _ in 0..<20 { await Task.yield() }
                queuedMax = max(queuedMax, connection.queuedBytes)
            }
            #expect(received == count)
            #expect(queuedMax < 1 << 20)
            #expect(connection.closeInfo?.code == 1000)
        }
    }

    @Test("a sender waits while the peer does not read, and continues when it does")
    func senderWaits() async throws {
        let count = 400
        let consumer = ScriptedHandler { connection in
            // Reads nothing until the client's last message allows it; the queue is full long before.
            var received = 0
            while let batch = try await connection.receive() {
                received += batch.count
                if received == count { try await connection.send(MessageBatch(texts: ["\(received)"])) }
            }
        }
        var configuration = WebSocketServer.Configuration()
        configuration.receiveQueueBytesMax = 1000
        try await withServer(consumer, configuration: configuration) { server in
            let connection = try await connect(server.url)
            for _ in 0..<count {
                try await connection.send(MessageBatch(texts: [String(repeating: "x", count: 100_000)]))
            }
            #expect(try await connection.receive()?.texts == ["\(count)"])
            await connection.close()
        }
    }
}
