/// A client's talk with a proxy before the connection behind it can be used; does no I/O.
protocol ProxyHandshake {
    /// What to send first.
    var opening: [UInt8] { get }

    /// Takes the next bytes from the proxy; not to be called again once it has established or thrown.
    mutating func receive(_ input: UnsafeRawBufferPointer) throws(ProxyRefusal) -> ProxyProgress
}

enum ProxyProgress: Hashable {
    case incomplete
    /// Send these bytes and go on receiving.
    case send([UInt8])
    /// The way is free; `leftover` came from the server behind the proxy.
    case established(leftover: [UInt8])
}

/// Why a proxy does not let us through.
struct ProxyRefusal: Error, Hashable {
    let failure: TransportError.ProxyFailure
    /// What the proxy did, to follow its name: `answered 403 Forbidden`.
    let text: String
}

extension Proxy {
    /// The talk that opens a way to `host:port`.
    func handshake(host: String, port: Int) -> any ProxyHandshake {
        switch kind {
        case .http, .https: HTTPConnectHandshake(host: host, port: port, credentials: credentials)
        case .socks5: SOCKS5Handshake(host: host, port: port, credentials: credentials)
        }
    }
}
