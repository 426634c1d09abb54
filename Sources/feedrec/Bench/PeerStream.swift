import CEpoll
import Glibc
import TLSEngine
import WebSocketProtocol

/// A listening socket on a free port of 127.0.0.1.
struct PlainListener {
    private let descriptor: Int32
    let port: Int

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard descriptor >= 0, isBound else { throw Failure("cannot listen: \(String(cString: strerror(errno)))") }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    func nextConnection() -> Int32? {
        let socket = accept(descriptor, nil, nil)
        guard socket >= 0 else { return nil }
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        return socket
    }
}

/// One blocking connection, plain or with TLS.
final class PeerStream {
    private let socket: Int32
    private let poll: Int32
    private let tls: TLSConnection?
    private var buffer = Array(repeating: UInt8(0), count: 256 * 1024)

    init(socket: Int32, certificateFile: String?, keyFile: String?) throws {
        self.socket = socket
        poll = epoll_create1(0)
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        epoll_ctl(poll, Int32(EPOLL_CTL_ADD), socket, &event)
        guard let certificateFile, let keyFile else {
            tls = nil
            return
        }
        tls = try TLSConnection(server: TLSContext.server(certificateFile: certificateFile, keyFile: keyFile))
        try shakeHands()
    }

    deinit {
        close(socket)
        close(poll)
    }

    /// Waits as a program built on `epoll` would.
    func waitUntilReadable() -> Bool {
        var event = epoll_event()
        return epoll_wait(poll, &event, 1, -1) == 1
    }

    /// Waits for bytes and returns them; `nil` at the end.
    func receive() -> [UInt8]? {
        guard let tls else { return readSocket() }
        while true {
            let result = buffer.withUnsafeMutableBytes { tls.read(into: $0) }
            switch result {
            case .bytes(let count): return Array(buffer[..<count])
            case .ended, .failed: return nil
            case .incomplete:
                guard let bytes = readSocket() else { return nil }
                bytes.withUnsafeBytes { tls.receive(ciphertext: $0) }
            }
        }
    }

    func send(_ bytes: [UInt8]) throws {
        guard let tls else { return try writeSocket(bytes) }
        if case .failed(let error) = bytes.withUnsafeBytes({ tls.write($0) }) { throw error }
        try flush(tls)
    }

    /// Reads the client's handshake and accepts it; returns false if the client left.
    func answerHandshake() throws -> Bool {
        var parser = HTTPHeadParser()
        while let bytes = receive() {
            guard case .head(let head, _) = try bytes.withUnsafeBytes({ try parser.receiveRequest($0) }) else {
                continue
            }
            try send(ServerHandshake.accept(head))
            return true
        }
        return false
    }

    // MARK: Socket and TLS

    private func shakeHands() throws {
        guard let tls else { return }
        while true {
            let progress = tls.handshake()
            try flush(tls)
            switch progress {
            case .complete: return
            case .failed(let error): throw error
            case .incomplete:
                guard let bytes = readSocket() else { throw Failure("the client left during the TLS handshake") }
                bytes.withUnsafeBytes { tls.receive(ciphertext: $0) }
            }
        }
    }

    private func flush(_ tls: TLSConnection) throws {
        while tls.pendingCiphertextBytes > 0 {
            let count = buffer.withUnsafeMutableBytes { tls.drain(into: $0) }
            try writeSocket(Array(buffer[..<count]))
        }
    }

    private func readSocket() -> [UInt8]? {
        let count = buffer.withUnsafeMutableBytes { read(socket, $0.baseAddress, $0.count) }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private func writeSocket(_ bytes: [UInt8]) throws {
        var position = 0
        while position < bytes.count {
            let written = bytes[position...].withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
            guard written > 0 else { throw BrokenPipe() }
            position += written
        }
    }
}
