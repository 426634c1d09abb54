/// A connection through a SOCKS 5 proxy (RFC 1928), with user and password (RFC 1929) if the proxy requires them.
///
///     client  05 n methods…                     05 01 00 type address port
///     proxy   05 method      (01 len user       05 reply 00 type address port
///                             len password → 01 status)
struct SOCKS5Handshake: ProxyHandshake {
    private enum Phase {
        case method
        case password
        case connection
    }

    private static let noPassword: UInt8 = 0
    private static let userAndPassword: UInt8 = 2

    let opening: [UInt8]
    private let request: [UInt8]
    private let credentials: ProxyCredentials?
    private var phase = Phase.method
    /// Bytes of the current answer, and any that follow it.
    private var input: [UInt8] = []

    init(host: String, port: Int, credentials: ProxyCredentials?) {
        self.credentials = credentials
        opening = credentials == nil ? [5, 1, Self.noPassword] : [5, 2, Self.noPassword, Self.userAndPassword]
        request = [5, 1, 0] + Self.address(of: host) + [UInt8(port >> 8 & 0xff), UInt8(port & 0xff)]
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(ProxyRefusal) -> ProxyProgress {
        input += bytes
        if let version = input.first, version != (phase == .password ? 1 : 5) {
            throw ProxyRefusal(failure: .malformed, text: "does not speak SOCKS 5")
        }
        switch phase {
        case .method: return try receiveMethod()
        case .password: return try receivePasswordAnswer()
        case .connection: return try receiveConnectionAnswer()
        }
    }

    private mutating func receiveMethod() throws(ProxyRefusal) -> ProxyProgress {
        guard input.count >= 2 else { return .incomplete }
        let method = input[1]
        input.removeFirst(2)
        switch (method, credentials) {
        case (Self.noPassword, _):
            phase = .connection
            return .send(request)
        case (Self.userAndPassword, let credentials?):
            phase = .password
            let user = credentials.user.prefix(255)
            let password = credentials.password.prefix(255)
            return .send([1, UInt8(user.count)] + user + [UInt8(password.count)] + password)
        case (_, nil): throw ProxyRefusal(failure: .authentication, text: "requires a user and a password")
        default: throw ProxyRefusal(failure: .authentication, text: "accepts none of our authentication methods")
        }
    }

    private mutating func receivePasswordAnswer() throws(ProxyRefusal) -> ProxyProgress {
        guard input.count >= 2 else { return .incomplete }
        guard input[1] == 0 else {
            throw ProxyRefusal(failure: .authentication, text: "does not accept the user and password")
        }
        input.removeFirst(2)
        phase = .connection
        return .send(request)
    }

    private func receiveConnectionAnswer() throws(ProxyRefusal) -> ProxyProgress {
        guard input.count >= 2 else { return .incomplete }
        if input[1] != 0 { throw Self.refusal(input[1]) }
        guard input.count >= 5 else { return .incomplete }
        let addressBytes: Int
        switch input[3] {
        case 1: addressBytes = 4
        case 3: addressBytes = 1 + Int(input[4])
        case 4: addressBytes = 16
        default: throw ProxyRefusal(failure: .malformed, text: "answered with an unknown kind of address")
        }
        let end = 4 + addressBytes + 2
        return input.count < end ? .incomplete : .established(leftover: Array(input[end...]))
    }

    private static func refusal(_ reply: UInt8) -> ProxyRefusal {
        switch reply {
        case 2: ProxyRefusal(failure: .notAllowed, text: "does not allow this connection")
        case 3: ProxyRefusal(failure: .unreachable, text: "cannot reach the server's network")
        case 4: ProxyRefusal(failure: .unreachable, text: "cannot reach the server")
        case 5: ProxyRefusal(failure: .unreachable, text: "was refused by the server")
        case 6: ProxyRefusal(failure: .unreachable, text: "reports an expired TTL")
        case 7, 8: ProxyRefusal(failure: .malformed, text: "does not support CONNECT or this kind of address")
        default: ProxyRefusal(failure: .unreachable, text: "failed with SOCKS reply \(reply)")
        }
    }

    /// Type and address; a name is sent unresolved, cut at 255 bytes.
    private static func address(of host: String) -> [UInt8] {
        if let bytes = IPAddress.bytes(of: host) { return [bytes.count == 4 ? 1 : 4] + bytes }
        let name = host.utf8.prefix(255)
        return [3, UInt8(name.count)] + name
    }
}
