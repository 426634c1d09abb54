import TLSEngine

/// Drives a connection over a blocking socket.
struct SocketPump {
    let tls: TLSConnection
    let socket: Socket

    /// A client of the server at `port`.
    init(_ context: TLSContext, host: String = "localhost", port: UInt16) throws {
        tls = try TLSConnection(client: context, host: host)
        socket = try Socket.connected(to: port)
    }

    /// A server for the next client that `listener` accepts.
    init(_ context: TLSContext, listener: Socket) throws {
        tls = try TLSConnection(server: context)
        socket = try listener.accepted()
    }

    func shakeHands() throws -> TLSConnection.Progress {
        while true {
            let progress = tls.handshake()
            try flush()
            guard progress == .incomplete else { return progress }
            try receive()
        }
    }

    func write(_ text: String) throws -> TLSConnection.Progress {
        let progress = tls.write(Array(text.utf8))
        try flush()
        return progress
    }

    /// Reads until `text` has arrived, or until nothing more comes.
    func read(until text: String? = nil) throws -> (text: String, end: TLSConnection.ReadResult) {
        var all: [UInt8] = []
        while true {
            let (bytes, end) = tls.readAll()
            try flush()
            all += bytes
            let received = String(decoding: all, as: UTF8.self)
            if let text, received.contains(text) { return (received, end) }
            guard end == .incomplete else { return (received, end) }
            try receive()
        }
    }

    func close() throws {
        tls.closeNotify()
        try flush()
    }

    /// Waits for bytes of any kind, and leaves them unread.
    func receive() throws {
        let bytes = try socket.receive()
        if bytes.isEmpty { tls.receiveEnd() } else { tls.receive(bytes) }
    }

    private func flush() throws { try socket.transmit(tls.drainAll()) }
}
