import FeedrecTestKit
import FeedrecWebSocket
import Foundation
import Testing

struct TLSOptionTests {
    private let directory: TemporaryDirectory
    private let files: WebSocket.Options.CertificateFiles
    private var listening = WebSocketListener.Options()

    init() throws {
        directory = try TemporaryDirectory()
        files = try directory.certificate("server")
        listening.certificate = files
    }

    /// Connects and waits for an echo, after which the session's tickets have arrived.
    private func connect(_ url: String, _ options: WebSocket.Options) async throws -> WebSocket.Info {
        let socket = try await WebSocket.connect(to: url, options: options)
        try await socket.send("x")
        #expect(try await socket.receive() == [.text("x")])
        await socket.close()
        return socket.info
    }

    @Test("only a pinned certificate is accepted, with every notation of the pin")
    func pins() async throws {
        try await withListener(listening) { listener in
            var options = WebSocket.Options()
            options.caFile = files.certificate
            let fingerprint = try #require(try await connect(listener.url, options).certificateFingerprint)
            for pin in ["certificate:\(fingerprint)", fingerprint.uppercased()] {
                options.certificatePins = ["public-key:" + String(repeating: "0", count: 64), pin]
                _ = try await connect(listener.url, options)
            }
            options.certificatePins = ["certificate:" + String(repeating: "0", count: 64)]
            let other = await #expect(throws: WebSocketError.self) { try await connect(listener.url, options) }
            #expect(other?.code == .certificate)
            options.certificatePins = ["certificate:12"]
            let none = await #expect(throws: WebSocketError.self) { try await connect(listener.url, options) }
            #expect(none?.code == .tlsConfiguration)
        }
    }

    @Test("connections that share sessions resume them, but only with the same options")
    func sessions() async throws {
        try await withListener(listening) { listener in
            var options = WebSocket.Options()
            options.caFile = files.certificate
            #expect(try await connect(listener.url, options).isTLSResumed == false)
            options.sessions = WebSocket.Sessions()
            #expect(try await connect(listener.url, options).isTLSResumed == false)
            #expect(try await connect(listener.url, options).isTLSResumed == true)
            // A connection with pins has to see the certificate.
            let fingerprint = try #require(try await connect(listener.url, options).certificateFingerprint)
            options.certificatePins = [fingerprint]
            #expect(try await connect(listener.url, options).isTLSResumed == false)
            options.caFile = directory.file("nowhere.pem")
            let missing = await #expect(throws: WebSocketError.self) { try await connect(listener.url, options) }
            #expect(missing?.code == .tlsConfiguration)
        }
    }

    @Test("a listener's certificate can be replaced for later connections")
    func reload() async throws {
        let renewed = try directory.certificate("renewed")
        try await withListener(listening) { listener in
            var options = WebSocket.Options()
            options.caFile = files.certificate
            let old = try await WebSocket.connect(to: listener.url, options: options)
            try listener.replaceCertificate(renewed)
            let refused = await #expect(throws: WebSocketError.self) { try await connect(listener.url, options) }
            #expect(refused?.code == .certificate)
            options.caFile = renewed.certificate
            let first = try await connect(listener.url, options).certificateFingerprint
            #expect(first != old.info.certificateFingerprint)

            try makeCertificate(renewed)
            try listener.reloadCertificate()
            let second = try await connect(listener.url, options).certificateFingerprint
            #expect(second != first)

            try Data("nothing".utf8).write(to: URL(fileURLWithPath: renewed.certificate))
            let broken = #expect(throws: WebSocketError.self) { try listener.reloadCertificate() }
            #expect(broken?.code == .tlsConfiguration)
            try await old.send("still here")
            #expect(try await old.receive() == [.text("still here")])
            await old.close()
        }
        try await withListener { listener in
            try listener.reloadCertificate()
            let error = #expect(throws: WebSocketError.self) { try listener.replaceCertificate(files) }
            #expect(error?.code == .invalidOption)
        }
    }
}
