import ArgumentParser
import Glibc

/// The client of `bench replay`: a blocking socket that only counts frames.
struct ReplayPeer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay-peer",
        abstract: "The other side of 'bench replay'.",
        shouldDisplay: false
    )

    @Option var port: UInt16
    @Option var target: String
    /// The maximum number of bytes to read per second, for a slow client.
    @Option var bytesPerSecond: Int?

    func run() throws {
        let stream = try connect()
        defer { close(stream) }
        var counter = FrameCounter()
        var buffer = [UInt8](repeating: 0, count: bytesPerSecond.map { max(1, $0 / 50) } ?? 1 << 20)
        while !counter.isClosed {
            let count = read(stream, &buffer, buffer.count)
            guard count > 0 else { break }
            buffer.withUnsafeBytes { counter.receive(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if bytesPerSecond != nil { usleep(20_000) }
        }
        var output = StandardOutput()
        try output.writeLine("\(counter.messages)")
        try output.flush()
    }

    /// Connects and reads the handshake byte by byte, so that no frame is consumed.
    private func connect() throws -> Int32 {
        let stream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        if bytesPerSecond != nil {
            var small: Int32 = 64 * 1024
            setsockopt(stream, SOL_SOCKET, SO_RCVBUF, &small, socklen_t(MemoryLayout<Int32>.size))
        }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(stream, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Failure("cannot connect to port \(port)") }
        let request =
            "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        let bytes = Array(request.utf8)
        guard write(stream, bytes, bytes.count) == bytes.count else { throw Failure("cannot send the handshake") }
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard read(stream, &byte, 1) == 1, head.count < 4096 else { throw Failure("the handshake failed") }
            head.append(byte)
        }
        guard head.starts(with: "HTTP/1.1 101".utf8) else {
            throw Failure("the server refused the client: \(String(decoding: head.prefix(60), as: UTF8.self))")
        }
        return stream
    }
}

/// Counts the data frames of a stream of unmasked frames.
///
/// Each frame must be a whole message.
struct FrameCounter {
    private(set) var messages = 0
    private(set) var isClosed = false
    private var header: [UInt8] = []
    private var payloadLeft = 0

    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count, !isClosed {
            if payloadLeft > 0 {
                let step = min(payloadLeft, bytes.count - position)
                payloadLeft -= step
                position += step
                continue
            }
            header.append(bytes[position])
            position += 1
            guard header.count >= 2 else { continue }
            let short = Int(header[1] & 0x7F)
            let needed = short < 126 ? 2 : short == 126 ? 4 : 10
            guard header.count == needed else { continue }
            payloadLeft = short < 126 ? short : header[2...].reduce(0) { $0 << 8 | Int($1) }
            switch header[0] & 0x0F {
            case 1, 2: messages += 1
            case 8: isClosed = true
            default: break
            }
            header.removeAll(keepingCapacity: true)
        }
    }
}
