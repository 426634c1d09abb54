import MarketModel
import NIOCore
import NIOPosix
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct WebSocketServerLoadTests {
    @Test("reset connections leave nothing behind")
    func resets() async throws {
        try await withServer(EchoHandler()) { server in
            // In batches, because of the limit on open files.
            for wave in 0..<10 {
                let request = wave % 2 == 0 ? [] : RawClient.upgrade + RawClient.frame(0x81, [0x61])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 {
                        group.addTask { try await openAndReset(port: server.localPort, request) }
                    }
                    try await group.waitForAll()
                }
            }
            while server.connectionCount > 0 { await Task.yield() }
            let connection = try await connect(server.url)
            #expect(server.connectionCount == 1)
            await connection.close()
        }
    }

    @Test("a client that sends no more may still read the answers")
    func halfClose() async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.lastAnswersTimeout = .seconds(600)
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let request = Array("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            let answer = try await exchange(port: server.localPort, bytes: request + request, halfClosing: true)
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.split(separator: "HTTP/1.1 200 OK").count == 2)
            #expect(text.hasSuffix("GET /1 "))
            let half = try await exchange(port: server.localPort, bytes: Array("GET /".utf8), halfClosing: true)
            #expect(half == [])
            let frames = RawClient.upgrade + RawClient.frame(0x81, [0x61])
            let echo = try await exchange(port: server.localPort, bytes: frames, halfClosing: true)
            #expect(RawClient.frames(in: echo) == [0x81, 1, 0x61])
            // More than the socket accepts at once.
            let long = RawClient.longFrame([UInt8](repeating: 7, count: 4 << 20))
            let longEcho = try await exchange(
                port: server.localPort,
                bytes: RawClient.upgrade + long,
                halfClosing: true
            )
            #expect(RawClient.frames(in: longEcho).count == 10 + (4 << 20))
        }
    }

    @Test("a new certificate is used for clients that connect later")
    func newCertificate() async throws {
        let files = try TestCertificates()
        let old = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let new = try TLSContext.server(certificateFile: files.selfSignedFile, keyFile: files.selfSignedKeyFile)
        try await withServer(EchoHandler(), configuration: .init(tls: old)) { server in
            let url = "wss://localhost:\(server.localPort)"
            let first = try await connect(url) { $0.caFile = files.caFile }
            server.replaceTLS(new)
            let second = try await connect(url) { $0.caFile = files.selfSignedFile }
            #expect(first.info.certificateFingerprint != second.info.certificateFingerprint)
            try await first.send(MessageBatch(texts: ["still here"]))
            #expect(try await first.receive()?.texts == ["still here"])
            await first.close()
            await second.close()
        }
    }

    @Test("70,000 fragments make one message")
    func fragments() async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.lastAnswersTimeout = .seconds(600)
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let count = 70_000
            var bytes = RawClient.upgrade + RawClient.frame(0x02, [0])
            for number in 1..<count { bytes += RawClient.frame(number == count - 1 ? 0x80 : 0, [UInt8(number & 255)]) }
            bytes += RawClient.frame(0x88, [0x03, 0xe8])
            let frames = RawClient.frames(in: try await exchange(port: server.localPort, bytes: bytes))
            #expect(frames.starts(with: [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70, 0, 1, 2]))
            #expect(frames.count == 10 + count + 4)
        }
    }

    @Test("messages over the limit are refused with 1009, a long head with an error")
    func limits() async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.limits = WebSocketLimits(messageBytesMax: 150, frameBytesMax: 100)
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let frame = RawClient.frame(0x82, [UInt8](repeating: 1, count: 101))
            let half = [UInt8](repeating: 1, count: 76)
            let message = RawClient.frame(0x02, half) + RawClient.frame(0x80, half)
            for bytes in [frame, message] {
                let answer = try await exchange(port: server.localPort, bytes: RawClient.upgrade + bytes)
                let close = RawClient.frames(in: answer)
                #expect(close.first == 0x88)
                #expect(close.dropFirst(2).prefix(2) == [0x03, 0xf1])
            }
        }
        let head = "HTTP/1.1 101 Switching Protocols\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n"
        let long = try await RawServer { _ in .send(Array(head.utf8)) }
        let error = await #expect(throws: TransportError.self) { try await connect("ws://\(long.authority)") }
        #expect(error?.handshakeError?.code == .headTooLarge)
        try await long.close()
    }
}

/// Connects, sends, and resets the connection.
private func openAndReset(port: Int, _ bytes: [UInt8]) async throws {
    let channel = try await ClientBootstrap(group: testGroup)
        .connect(host: "127.0.0.1", port: port)
        .get()
    let options = try #require(channel as? any SocketOptionProvider)
    try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    if !bytes.isEmpty { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
    try await channel.close()
}
