import Testing

@testable import Transport

struct ProxyHandshakeTests {
    private static let credentials = ProxyCredentials(user: Array("me".utf8), password: Array("pass".utf8))

    /// Feeds the proxy's answers in pieces of every length; checks the bytes sent and the outcome.
    private func check(
        _ make: () -> any ProxyHandshake,
        answers: [UInt8],
        sent: [[UInt8]],
        _ end: Result<[UInt8], ProxyRefusal>,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for pieceBytes in 1...answers.count {
            var handshake = make()
            var allSent = [handshake.opening]
            var result: Result<[UInt8], ProxyRefusal>?
            var start = 0
            while start < answers.count {
                let piece = Array(answers[start..<min(start + pieceBytes, answers.count)])
                start += pieceBytes
                if case .success(let leftover) = result {
                    result = .success(leftover + piece)
                } else if result == nil {
                    result = feed(piece, &handshake, &allSent)
                }
            }
            #expect(allSent == sent, "pieces of \(pieceBytes)", sourceLocation: sourceLocation)
            #expect(result == end, "pieces of \(pieceBytes)", sourceLocation: sourceLocation)
        }
    }

    private func feed(
        _ piece: [UInt8],
        _ handshake: inout any ProxyHandshake,
        _ sent: inout [[UInt8]]
    ) -> Result<[UInt8], ProxyRefusal>? {
        var piece = piece
        while true {
            do throws(ProxyRefusal) {
                switch try receive(piece, &handshake) {
                case .incomplete: return nil
                case .send(let bytes): sent.append(bytes)
                case .established(let leftover): return .success(leftover)
                }
            } catch {
                return .failure(error)
            }
            piece = []
        }
    }

    private func receive(
        _ piece: [UInt8],
        _ handshake: inout any ProxyHandshake
    ) throws(ProxyRefusal) -> ProxyProgress {
        // `withUnsafeBytes` of an array loses the type of the error when it rethrows.
        let result = piece.withUnsafeBytes { bytes in
            Result { () throws(ProxyRefusal) in try handshake.receive(bytes) }
        }
        return try result.get()
    }

    @Test("CONNECT gives the same result for every split of the answer")
    func http() {
        let make = { HTTPConnectHandshake(host: "h.example", port: 443, credentials: Self.credentials) }
        let request = Array(
            """
            CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\nProxy-Authorization: Basic bWU6cGFzcw==\r\n\r\n
            """.utf8
        )
        let ok = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nmore"
        check(make, answers: Array(ok.utf8), sent: [request], .success(Array("more".utf8)))
        check(
            make,
            answers: Array("HTTP/1.1 407 \r\nProxy-Authenticate: Basic\r\n\r\n".utf8),
            sent: [request],
            .failure(ProxyRefusal(failure: .authentication, text: "answered 407"))
        )
    }

    @Test("CONNECT writes an IPv6 address in brackets")
    func addressInBrackets() {
        let opening = HTTPConnectHandshake(host: "::1", port: 80, credentials: nil).opening
        #expect(String(decoding: opening, as: UTF8.self) == "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")
    }

    @Test("SOCKS 5 gives the same result for every split of the answers")
    func socks() {
        let withPassword = { SOCKS5Handshake(host: "h.io", port: 258, credentials: Self.credentials) }
        let request: [UInt8] = [5, 1, 0, 3, 4, 0x68, 0x2e, 0x69, 0x6f, 1, 2]
        let password: [UInt8] = [1, 2, 0x6d, 0x65, 4, 0x70, 0x61, 0x73, 0x73]
        let bound: [UInt8] = [5, 0, 0, 3, 2, 0x61, 0x62, 0, 80]
        check(
            withPassword,
            answers: [5, 2, 1, 0] + bound + [9, 9],
            sent: [[5, 2, 0, 2], password, request],
            .success([9, 9])
        )
        check(withPassword, answers: [5, 0] + bound, sent: [[5, 2, 0, 2], request], .success([]))
        let bound6: [UInt8] = [5, 0, 0, 4] + [UInt8](repeating: 7, count: 18)
        check(
            { SOCKS5Handshake(host: "127.0.0.1", port: 80, credentials: nil) },
            answers: [5, 0] + bound6 + [1],
            sent: [[5, 1, 0], [5, 1, 0, 1, 127, 0, 0, 1, 0, 80]],
            .success([1])
        )
    }

    @Test(
        "refusals of a SOCKS 5 proxy are reported",
        arguments: [
            ([5, 0xff], .authentication, "requires a user and a password"),
            ([4, 0], .malformed, "does not speak SOCKS 5"),
            ([5, 0, 5, 2], .notAllowed, "does not allow this connection"),
            ([5, 0, 5, 5], .unreachable, "was refused by the server"),
            ([5, 0, 5, 1], .unreachable, "failed with SOCKS reply 1"),
            ([5, 0, 5, 0, 0, 9, 0], .malformed, "answered with an unknown kind of address"),
        ] as [([UInt8], TransportError.ProxyFailure, String)]
    )
    func socksRefusals(answers: [UInt8], failure: TransportError.ProxyFailure, text: String) {
        var handshake: any ProxyHandshake = SOCKS5Handshake(host: "h", port: 1, credentials: nil)
        var sent: [[UInt8]] = []
        #expect(feed(answers, &handshake, &sent) == .failure(ProxyRefusal(failure: failure, text: text)))
    }
}
