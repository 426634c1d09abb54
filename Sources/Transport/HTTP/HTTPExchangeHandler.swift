import NIOCore
import TLSEngine
import WebSocketProtocol

/// Waits for TLS, sends the request and collects the response; the connection ends with it.
///
/// The attempt closes the channel, since it always fails in the end.
final class HTTPExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let attempt: ConnectAttempt
    private let exchange: HTTPExchange
    private var parser: HTTPHeadParser
    private var head: HTTPResponseHead?
    private var body: HTTPBodyReader?
    private var hasSentRequest = false
    private var isOver = false
    private var timer: Scheduled<Void>?

    init(attempt: ConnectAttempt, exchange: HTTPExchange) {
        self.attempt = attempt
        self.exchange = exchange
        parser = HTTPHeadParser(headerBytesMax: attempt.configuration.limits.headerBytesMax)
    }

    private var configuration: WebSocketClient.Configuration { attempt.configuration }

    func handlerAdded(context: ChannelHandlerContext) {
        guard attempt.trust != nil else { return sendRequest(context) }
        let timeout = configuration.tlsTimeout
        startTimer(timeout, context, error: .timedOut(.tls, url: configuration.url, after: timeout))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSEstablished { sendRequest(context) }
        if case ChannelEvent.inputClosed = event { connectionEnded() }
    }

    private func sendRequest(_ context: ChannelHandlerContext) {
        guard !hasSentRequest else { return }
        hasSentRequest = true
        let timeout = configuration.handshakeTimeout
        let description = "\(configuration.url.authority) took longer than \(timeout.shortText) to answer a request"
        startTimer(timeout, context, error: TransportError(code: .timedOut(.handshake), description: description))
        var headers = HTTPHeaders([("Host", configuration.url.hostHeader)])
        for field in configuration.headers.fields { headers.append(field.name, field.value) }
        headers.append("Content-Length", String(exchange.request.body.count))
        headers.append("Connection", "close")
        var text = "\(exchange.request.method) \(configuration.url.target) HTTP/1.1\r\n"
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        let bytes = Array((text + "\r\n").utf8) + exchange.request.body
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func startTimer(_ timeout: Duration, _ context: ChannelHandlerContext, error: TransportError) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout.timeAmount) { [weak self] in
            self?.fail(error)
        }
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        do {
            try unwrapInboundIn(data).withUnsafeReadableBytes { try receive($0) }
        } catch let error as HandshakeError {
            fail(bad(error.description))
        } catch let error as HTTPBodyReader.Malformed {
            fail(bad(error.detail))
        } catch {
            fail(attempt.error(for: error))
        }
    }

    private func receive(_ input: UnsafeRawBufferPointer) throws {
        var rest = input
        while head == nil {
            guard case .head(let next, let consumed) = try parser.receiveResponse(rest) else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
            // Interim responses precede the final one (RFC 9110 §15.2).
            guard next.status >= 200 || next.status == 101 else { continue }
            head = next
            body = try HTTPBodyReader(head: next, bytesMax: exchange.request.responseBytesMax)
        }
        try body?.receive(rest)
        if body?.isComplete == true { succeed() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    private func connectionEnded() {
        guard !isOver else { return }
        if body?.end() == true { return succeed() }
        let description = "\(configuration.url.authority) closed the connection before its answer was complete"
        fail(TransportError(code: hasSentRequest ? .network : .tls, description: description))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            fail(.tls(error, url: configuration.url))
        } else {
            fail(attempt.error(for: error))
        }
    }

    private func bad(_ detail: String) -> TransportError {
        let description = "the answer of \(configuration.url.authority) cannot be read: \(detail)"
        return TransportError(code: .handshake(status: nil), description: description)
    }

    private func succeed() {
        guard !isOver, let head, let body else { return }
        isOver = true
        timer?.cancel()
        exchange.promise.succeed(HTTPResponse(status: head.status, headers: head.headers, body: body.bytes))
        // Closes the channel.
        attempt.fail(.aborted)
    }

    private func fail(_ error: TransportError) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        attempt.fail(error)
    }
}
