import TLSEngine
import Testing

/// How a stream ends, and what else can happen between its records.
struct TLSStreamTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func client(_ version: TLSVersion = .v1_3) throws -> TLSContext {
        try .client(.init(trust: .caFile(files.caFile), maximumVersion: version))
    }

    private func server() throws -> TLSContext {
        try .server(certificateFile: files.certificateFile, keyFile: files.keyFile)
    }

    /// Starts an interactive server: it prints what we send, sends what is typed, and obeys single letters as commands.
    private func interactiveServer(_ arguments: [String] = []) throws -> (PeerProcess, port: UInt16) {
        try PeerProcess.server(["-cert", "server.pem", "-key", "server.key"] + arguments, in: files.directory)
    }

    @Test("an end without close_notify differs from one with it", arguments: TLSVersion.allCases)
    func truncated(version: TLSVersion) throws {
        for isOrderly in [true, false] {
            var pair = try InMemoryPair(client: client(version), server: server())
            pair.shakeHands()
            _ = pair.server.write([1, 2, 3])
            if isOrderly { pair.server.closeNotify() }
            pair.client.receive(pair.server.drainAll())
            pair.client.receiveEnd()
            let (bytes, end) = pair.client.readAll()
            #expect(bytes == [1, 2, 3])
            #expect((end == .ended) == isOrderly)
            #expect(end.error?.cause == (isOrderly ? nil : .truncated))
            #expect(end.error?.isRetryable ?? true)
            #expect(end.error.map(\.description) ?? "" == (isOrderly ? "" : Self.withoutCloseNotify))
            #expect(pair.client.readAll().end == end)
        }
    }

    private static let withoutCloseNotify = "the peer ended the connection without close_notify"

    @Test("an end inside a record or the handshake is a truncation")
    func truncatedParts() throws {
        var pair = try InMemoryPair(client: client(), server: server())
        #expect(pair.client.handshake() == .incomplete)
        pair.client.receiveEnd()
        #expect(pair.client.handshake().error?.cause == .truncated)
        #expect(pair.client.handshake().error?.code == .handshake)
        #expect(pair.client.readAll().end.error?.isRetryable == true)

        pair = try InMemoryPair(client: client(), server: server())
        pair.shakeHands()
        _ = pair.server.write([UInt8](repeating: 1, count: 1000))
        pair.client.receive(pair.server.drainAll().dropLast())
        pair.client.receiveEnd()
        let (bytes, end) = pair.client.readAll()
        #expect(bytes.isEmpty)
        #expect(end.error?.cause == .truncated)
    }

    @Test("s_server's close is orderly, its death is not", arguments: TLSVersion.allCases)
    func endOfServer(version: TLSVersion) throws {
        for isOrderly in [true, false] {
            let (process, port) = try interactiveServer(["-rev"])
            let pump = try SocketPump(client(version), port: port)
            #expect(try pump.shakeHands() == .complete)
            #expect(try pump.write("abc\n") == .complete)
            #expect(try pump.read(until: "\n").text == "cba\n")
            // A command of s_server.
            if isOrderly { _ = try pump.write("CLOSE\n") } else { process.kill() }
            let (text, end) = try pump.read()
            #expect(text.isEmpty)
            #expect((end == .ended) == isOrderly)
            #expect(end.error?.cause == (isOrderly ? nil : .truncated))
        }
    }

    @Test("the peer's key updates are followed, and answered on request", arguments: ["k", "K"])
    func keyUpdate(command: String) throws {
        let (process, port) = try interactiveServer()
        let pump = try SocketPump(client(), port: port)
        #expect(try pump.shakeHands() == .complete)
        process.type("hello")
        #expect(try pump.read(until: "\n").text == "hello\n")
        for round in 1...3 {
            process.type(command)
            // Otherwise the server would read the next line as part of the command.
            try pump.receive()
            process.type("hello \(round)")
            #expect(try pump.read(until: "\n").text == "hello \(round)\n")
            #expect(try pump.write("answer \(round)\n") == .complete)
            try process.output(containing: "answer \(round)\n")
        }
    }

    @Test("our key updates are followed by the peer")
    func ownKeyUpdate() throws {
        let (process, port) = try interactiveServer()
        let pump = try SocketPump(client(), port: port)
        #expect(pump.tls.updateKeys() == .incomplete)
        #expect(try pump.shakeHands() == .complete)
        for askingPeer in [false, true] {
            #expect(pump.tls.updateKeys(askingPeer: askingPeer) == .complete)
            #expect(try pump.write("asking \(askingPeer)\n") == .complete)
            try process.output(containing: "asking \(askingPeer)\n")
            process.type("fine")
            #expect(try pump.read(until: "\n").text == "fine\n")
        }
    }

    @Test("TLS 1.2 has no key updates, and continues without")
    func noKeyUpdate() throws {
        var pair = try InMemoryPair(client: client(.v1_2), server: server())
        pair.shakeHands()
        #expect(pair.client.updateKeys(askingPeer: true) == .complete)
        #expect(pair.client.write([1]) == .complete)
        pair.server.receive(pair.client.drainAll())
        #expect(pair.server.readAll().bytes == [1])
    }

    @Test("a server's request for renegotiation is refused, and the server gives up")
    func renegotiationByServer() throws {
        let (process, port) = try interactiveServer()
        let pump = try SocketPump(client(.v1_2), port: port)
        #expect(try pump.shakeHands() == .complete)
        process.type("hello")
        #expect(try pump.read(until: "\n").text == "hello\n")
        process.type("r")
        let end = try pump.read().end
        #expect(end != .incomplete)
        #expect(end == .ended || end.error?.code == .connection)
        try process.output(containing: "no renegotiation")
    }

    @Test("a server that keeps asking for renegotiation fails the connection")
    func renegotiationFlood() throws {
        let (process, port) = try interactiveServer()
        let pump = try SocketPump(client(.v1_2), port: port)
        #expect(try pump.shakeHands() == .complete)
        process.type("hello")
        #expect(try pump.read(until: "\n").text == "hello\n")
        // Our refusals are not delivered, because s_server gives up after the first.
        for _ in 1...8 {
            process.type("r")
            try pump.receive()
            #expect(pump.tls.readAll().end == .incomplete)
        }
        process.type("r")
        try pump.receive()
        let error = try #require(pump.tls.readAll().end.error)
        #expect(error.cause == .renegotiation)
        #expect(error.description == "the peer asked for renegotiation 9 times")
    }

    @Test("a client's request for renegotiation is refused, and the client gives up")
    func renegotiationByClient() throws {
        let (listener, port) = try Socket.listening()
        let process = try PeerProcess.client(["-tls1_2"], port: port, in: files.directory)
        let pump = try SocketPump(server(), listener: listener)
        #expect(try pump.shakeHands() == .complete)
        process.type("hello")
        #expect(try pump.read(until: "\n").text == "hello\n")
        process.type("R")
        let end = try pump.read().end
        #expect(end == .ended || end.error?.code == .connection)
        try process.output(containing: "no renegotiation")
    }
}
