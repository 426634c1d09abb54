/// A client's handshake with a proxy, before the connection through it can be used; does no I/O.
protocol ProxyHandshake {
    /// The first bytes to send.
    var opening: [UInt8] { get }

    /// Takes the next bytes from the proxy. Must not be called after `.established` or an error.
    mutating func receive(_ input: UnsafeRawBufferPointer) throws(ProxyRefusal) -> ProxyProgress
}

enum ProxyProgress: Hashable {
    case incomplete
    /// Send these bytes and continue to receive.
    case send([UInt8])
    /// The tunnel is open; `leftover` came from the server.
    case established(leftover: [UInt8])
}

/// Why a proxy refused the connection.
struct ProxyRefusal: Error, Hashable {
    let failure: TransportError.ProxyFailure
    /// What the proxy did, phrased to follow its name: `answered 403 Forbidden`.
    let text: String
}

extension Proxy {
    /// Makes the handshake that opens a tunnel to `host:port`.
    func handshake(host: String, port: Int) -> any ProxyHandshake {
        switch kind {
        case .http, .https: HTTPConnectHandshake(host: host, port: port, credentials: credentials)
        case .socks5: SOCKS5Handshake(host: host, port: port, credentials: credentials)
        }
    }
}
