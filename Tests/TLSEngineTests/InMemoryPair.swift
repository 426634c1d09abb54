import TLSEngine
import Testing

/// A client and a server in memory; the test moves their bytes in pieces of a chosen size.
struct InMemoryPair {
    let client: TLSConnection
    let server: TLSConnection
    var clientProgress: TLSConnection.Progress = .incomplete
    var serverProgress: TLSConnection.Progress = .incomplete
    var chunkBytes = Int.max

    init(trust: TLSContext.Trust, host: String, certificateFile: String, keyFile: String) throws {
        client = try TLSConnection(client: .client(trust: trust), host: host)
        server = try TLSConnection(server: .server(certificateFile: certificateFile, keyFile: keyFile))
    }

    init(client: TLSContext, server: TLSContext, host: String = "localhost") throws {
        self.client = try TLSConnection(client: client, host: host)
        self.server = try TLSConnection(server: server)
    }

    /// Moves bytes until neither side has any left.
    mutating func shakeHands() {
        clientProgress = client.handshake()
        var isMoving = true
        while isMoving {
            var toServer: [UInt8] = []
            var toClient: [UInt8] = []
            toServer = client.drainAll()
            for chunk in toServer.chunks(of: chunkBytes) {
                server.receive(chunk)
                serverProgress = server.handshake()
            }
            toClient = server.drainAll()
            for chunk in toClient.chunks(of: chunkBytes) {
                client.receive(chunk)
                clientProgress = client.handshake()
            }
            isMoving = !toServer.isEmpty || !toClient.isEmpty
        }
    }
}

extension TLSConnection {
    func receive(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { receive(ciphertext: $0) }
    }

    func write(_ bytes: [UInt8]) -> Progress {
        bytes.withUnsafeBytes { write($0) }
    }

    func drainAll() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: pendingCiphertextBytes)
        let count = bytes.withUnsafeMutableBytes { drain(into: $0) }
        return Array(bytes.prefix(count))
    }

    /// All available plaintext, and what followed it.
    func readAll() -> (bytes: [UInt8], end: ReadResult) {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1000)
        while true {
            let result = buffer.withUnsafeMutableBytes { read(into: $0) }
            guard case .bytes(let count) = result else { return (all, result) }
            all += buffer[..<count]
        }
    }
}

extension TLSConnection.Progress {
    var error: TLSError? {
        guard case .failed(let error) = self else { return nil }
        return error
    }
}

extension TLSConnection.ReadResult {
    var error: TLSError? {
        guard case .failed(let error) = self else { return nil }
        return error
    }
}

extension [UInt8] {
    func chunks(of bytesMax: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: Swift.min(bytesMax, Swift.max(count, 1))).map {
            Array(self[$0..<Swift.min($0 + Swift.min(bytesMax, count), count)])
        }
    }
}
