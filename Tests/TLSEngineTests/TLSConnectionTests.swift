import TLSEngine
import Testing

struct TLSConnectionTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func pair(trust: TLSContext.Trust? = nil, host: String = "localhost") throws -> InMemoryPair {
        try InMemoryPair(
            trust: trust ?? .caFile(files.caFile),
            host: host,
            certificateFile: files.certificateFile,
            keyFile: files.keyFile
        )
    }

    @Test("any split of the ciphertext gives the same plaintext", arguments: [1, 2, 3, 7, 100, 4096, Int.max])
    func splits(chunkBytes: Int) throws {
        var pair = try pair()
        pair.chunkBytes = chunkBytes
        pair.shakeHands()
        #expect(pair.clientProgress == .complete)
        #expect(pair.serverProgress == .complete)
        let payload = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for (sender, receiver) in [(pair.client, pair.server), (pair.server, pair.client)] {
            #expect(sender.write(payload) == .complete)
            var received: [UInt8] = []
            for chunk in sender.drainAll().chunks(of: chunkBytes) {
                receiver.receive(chunk)
                let (bytes, end) = receiver.readAll()
                received += bytes
                #expect(end == .incomplete)
            }
            #expect(received == payload)
        }
    }

    @Test("every truncation of the server's first flight is incomplete or complete, never a failure")
    func everyCut() throws {
        let probe = try pair()
        _ = probe.client.handshake()
        probe.server.receive(probe.client.drainAll())
        _ = probe.server.handshake()
        let flight = probe.server.drainAll()
        for cut in stride(from: 0, through: flight.count, by: 13) {
            var pair = try pair()
            _ = pair.client.handshake()
            pair.server.receive(pair.client.drainAll())
            _ = pair.server.handshake()
            let bytes = pair.server.drainAll()
            pair.client.receive(Array(bytes.prefix(cut)))
            let first = pair.client.handshake()
            #expect(first == .incomplete || cut >= bytes.count)
            pair.client.receive(Array(bytes.dropFirst(cut)))
            pair.clientProgress = pair.client.handshake()
            #expect(pair.clientProgress == .complete)
        }
    }

    @Test("names, wildcards and addresses of the certificate are accepted")
    func acceptedHosts() throws {
        for host in ["localhost", "a.example.test", "127.0.0.1", "::1", "0:0::1", "LOCALHOST", "localhost."] {
            var pair = try pair(host: host)
            pair.shakeHands()
            #expect(pair.clientProgress == .complete, "\(host)")
        }
    }

    @Test(
        "a certificate for another host is refused with OpenSSL's text",
        arguments: [
            ("other.test", "hostname mismatch"), ("127.0.0.2", "IP address mismatch"), ("::2", "IP address mismatch"),
            ("b.a.example.test", "hostname mismatch"),
        ]
    )
    func wrongHost(host: String, text: String) throws {
        var pair = try pair(host: host)
        pair.shakeHands()
        guard case .failed(let error) = pair.clientProgress else {
            Issue.record("not refused")
            return
        }
        #expect(error.code == .certificate)
        #expect(error.verifyText == text)
        #expect(error.stack.contains { $0.hasSuffix("certificate verify failed") })
        #expect(error.description == "certificate problem: \(text)")
        guard case .failed = pair.serverProgress else {
            Issue.record("the server was not told by an alert")
            return
        }
    }

    @Test("an unknown authority and a self-signed certificate are refused")
    func unknownAuthority() throws {
        var unknown = try pair(trust: .system)
        unknown.shakeHands()
        #expect(unknown.clientProgress.verifyText == "unable to get local issuer certificate")
        var own = try InMemoryPair(
            trust: .system,
            host: "localhost",
            certificateFile: files.selfSignedFile,
            keyFile: files.selfSignedKeyFile
        )
        own.shakeHands()
        #expect(own.clientProgress.verifyText == "self-signed certificate")
        var trusted = try InMemoryPair(
            trust: .caFile(files.selfSignedFile),
            host: "localhost",
            certificateFile: files.selfSignedFile,
            keyFile: files.selfSignedKeyFile
        )
        trusted.shakeHands()
        #expect(trusted.clientProgress == .complete)
    }

    @Test("bytes that are not TLS fail the handshake on both sides, permanently")
    func garbage() throws {
        let pair = try pair()
        _ = pair.client.handshake()
        for side in [pair.client, pair.server] {
            side.receive(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
            guard case .failed(let error) = side.handshake() else {
                Issue.record("not refused")
                continue
            }
            #expect(error.code == .handshake)
            #expect(!error.stack.isEmpty)
            #expect(side.handshake() == .failed(error))
            #expect(side.write([1]) == .failed(error))
            #expect(side.readAll().end == .failed(error))
        }
    }

    @Test("a flipped bit in a record fails the connection")
    func flippedBit() throws {
        var pair = try pair()
        pair.shakeHands()
        _ = pair.client.write([1, 2, 3])
        var bytes = pair.client.drainAll()
        bytes[bytes.count - 1] ^= 1
        pair.server.receive(bytes)
        guard case .failed(let error) = pair.server.readAll().end else {
            Issue.record("not noticed")
            return
        }
        #expect(error.code == .connection)
    }

    @Test("close_notify ends one direction after the bytes before it")
    func closeNotify() throws {
        var pair = try pair()
        pair.shakeHands()
        _ = pair.client.write([1, 2, 3])
        pair.client.closeNotify()
        pair.client.closeNotify()
        pair.server.receive(pair.client.drainAll())
        let (bytes, end) = pair.server.readAll()
        #expect(bytes == [1, 2, 3])
        #expect(end == .ended)
        #expect(pair.server.write([4]) == .complete)
        pair.server.closeNotify()
        pair.client.receive(pair.server.drainAll())
        #expect(pair.client.readAll() == ([4], .ended))
        pair.client.receive([UInt8](repeating: 0, count: 1000))
        #expect(pair.client.pendingIncomingBytes == 0)
        #expect(pair.client.readAll().end == .ended)
    }

    @Test("the peer is described by version, cipher and fingerprint")
    func peer() throws {
        var pair = try pair()
        #expect(pair.client.peer == nil)
        #expect(pair.client.write([1]) == .incomplete)
        pair.shakeHands()
        let peer = try #require(pair.client.peer)
        #expect(peer.version == "TLSv1.3")
        #expect(peer.cipher.hasPrefix("TLS_"))
        let text = try files.openssl(["x509", "-in", "server.pem", "-noout", "-fingerprint", "-sha256"])
        let expected = text.split(separator: "=").last?.filter(\.isHexDigit).lowercased()
        #expect(peer.certificateFingerprint == expected)
        #expect(pair.server.peer?.certificateFingerprint == nil)
    }

    @Test("an empty host name and one with a zero byte are refused", arguments: ["", ".", "local\0host"])
    func impossibleHosts(host: String) throws {
        #expect(throws: TLSError.self) {
            try TLSConnection(client: .client(trust: .system), host: host)
        }
    }
}

extension TLSConnection.Progress {
    var verifyText: String? {
        guard case .failed(let error) = self else { return nil }
        return error.verifyText
    }
}
