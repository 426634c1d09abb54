import MarketModel
import NIOCore
import TLSEngine
import WebSocketProtocol

/// State shared by the event loop and the serving task of one incoming connection.
struct HTTPServerState: Sendable {
    /// A complete request that the task has not taken yet.
    var request: HTTPRequest?
    /// No further request will come.
    var isEnded = false
}

enum HTTPServerTopic: Hashable, Sendable {
    case request
}

/// Reads the requests of one incoming connection, one at a time, until it becomes a WebSocket or ends.
///
/// The socket is not read while a request is being answered.
final class HTTPServerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case head
        case body(HTTPRequestHead, bytes: Int)
        /// The task is handling a request.
        case answering
        /// Further input is discarded.
        case ending
    }

    static let bodyBytesMax = 64 << 10

    let monitor = Monitor<HTTPServerState, HTTPServerTopic>(HTTPServerState())
    let configuration: WebSocketServer.Configuration
    private let isRefusing: Bool
    private var parser: HTTPHeadParser
    var phase = Phase.head
    var input = ByteBuffer()
    /// Whether any byte of the awaited request has arrived.
    private var hasBegun = false
    var hasDeferredRead = false
    /// The last response is longer than what the channel accepts at once.
    private var isWaitingForClient = false
    /// The client sends no more, but may still read.
    var hasInputEnded = false
    var peer: TLSPeer?
    private var timer: Scheduled<Void>?
    var context: ChannelHandlerContext?

    /// If `isRefusing`, the handler only answers 503, because there are too many connections.
    init(configuration: WebSocketServer.Configuration, isRefusing: Bool) {
        self.configuration = configuration
        self.isRefusing = isRefusing
        parser = HTTPHeadParser(headerBytesMax: configuration.limits.headerBytesMax)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startTimer(configuration.requestTimeout, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if configuration.tls == nil { refuseIfFull() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let established = event as? TLSEstablished {
            peer = established.peer
            refuseIfFull()
        } else if case ChannelEvent.inputClosed = event {
            inputEnded()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func inputEnded() {
        hasInputEnded = true
        switch phase {
        case .head, .body: end()
        case .answering, .ending: break
        }
    }

    private func refuseIfFull() {
        guard isRefusing else { return }
        end(with: HTTPResponse(status: 503, text: "too many connections\n").bytes(keepsAlive: false, isForHEAD: false))
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ending = phase { return }
        var buffer = unwrapInboundIn(data)
        input.writeBuffer(&buffer)
        advance()
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = phase { hasDeferredRead = true } else { context.read() }
    }

    private func advance() {
        if case .head = phase { readHead() }
        if case .body(let head, let count) = phase, let body = input.readBytes(length: count) {
            deliver(HTTPRequest(head: head, body: body, remoteAddress: context?.channel.remoteAddress?.authority))
        }
    }

    private func readHead() {
        guard input.readableBytes > 0 else { return }
        hasBegun = true
        do throws(HandshakeError) {
            let result = try input.withUnsafeReadableBytes { bytes throws(HandshakeError) in
                try parser.receiveRequest(bytes)
            }
            switch result {
            case .incomplete: input.clear()
            case .head(let head, let consumed):
                input.moveReaderIndex(forwardBy: min(consumed, input.readableBytes))
                beginBody(of: head)
            }
        } catch {
            end(with: ServerHandshake.rejection(error))
        }
    }

    /// Determines the body's length (RFC 9112 §6.3); refuses chunked bodies.
    private func beginBody(of head: HTTPRequestHead) {
        guard head.headers.values("Transfer-Encoding").isEmpty else {
            return refuse(411, "send the body with a Content-Length\n")
        }
        let lengths = head.headers.values("Content-Length")
        guard let text = lengths.first else {
            phase = .body(head, bytes: 0)
            return
        }
        guard lengths.count == 1, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return refuse(400, "bad Content-Length\n")
        }
        guard let count = Int(text), count <= Self.bodyBytesMax else {
            return refuse(413, "the body is longer than \(Self.bodyBytesMax) bytes\n")
        }
        phase = .body(head, bytes: count)
        if count > input.readableBytes, head.headers.contains("Expect", token: "100-continue") {
            write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
    }

    private func deliver(_ request: HTTPRequest) {
        timer?.cancel()
        phase = .answering
        hasBegun = false
        monitor.update(waking: .request) { $0.request = request }
    }

    // MARK: Answers

    /// Writes a response, then reads the next request once the client has accepted most of it, or ends the
    /// connection.
    func respond(_ bytes: [UInt8], keepsAlive: Bool) {
        guard keepsAlive, case .answering = phase else { return end(with: bytes) }
        write(bytes)
        guard let context else { return }
        if context.channel.isWritable {
            awaitRequest(context)
        } else {
            isWaitingForClient = true
            startTimer(configuration.responseTimeout, context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isWaitingForClient, context.channel.isWritable { awaitRequest(context) }
        context.fireChannelWritabilityChanged()
    }

    private func awaitRequest(_ context: ChannelHandlerContext) {
        guard case .answering = phase else { return }
        isWaitingForClient = false
        phase = .head
        startTimer(configuration.requestTimeout, context)
        advance()
        if hasInputEnded {
            if case .answering = phase { return }
            end()
        }
        resumeReading()
    }

    private func refuse(_ status: Int, _ text: String) {
        end(with: HTTPResponse(status: status, text: text).bytes(keepsAlive: false, isForHEAD: false))
    }

    /// Writes `bytes` as the last ones and closes the connection.
    func end(with bytes: [UInt8] = []) {
        if case .ending = phase { return }
        phase = .ending
        timer?.cancel()
        write(bytes)
        input.clear()
        context?.channel.closeLingering(flushTimeout: configuration.responseTimeout) { [self] in hasInputEnded }
        resumeReading()
        markEnded()
    }

    private func resumeReading() {
        guard hasDeferredRead else { return }
        if case .answering = phase { return }
        hasDeferredRead = false
        context?.read()
    }

    func write(_ bytes: [UInt8]) {
        guard let context, !bytes.isEmpty else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func markEnded() {
        monitor.update(waking: .request) { $0.isEnded = true }
    }

    // MARK: Time-outs and errors

    /// Limits the time for a request, including the TLS handshake, to arrive, or for a response to be accepted.
    private func startTimer(_ timeout: Duration, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout.timeAmount) { [weak self] in
            self?.requestTimedOut()
        }
    }

    private func requestTimedOut() {
        guard hasBegun else { return end() }
        refuse(408, "the request did not arrive within \(configuration.requestTimeout.shortText)\n")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .ending
        markEnded()
        context.fireChannelInactive()
    }
}
