import NIOCore
import TLSEngine

/// Event fired up the pipeline when the TLS handshake is complete.
struct TLSEstablished: Sendable {
    let peer: TLSPeer
}

/// Decrypts incoming bytes and encrypts outgoing ones.
///
/// Failures go up the pipeline as `TLSError`, after the alert has been sent to the peer. A later handler closes the
/// channel. Nothing may be written before ``TLSEstablished``.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Keeps OpenSSL's buffer for outgoing records small, however much is written at once.
    private static let encryptBytesMax = 64 << 10

    private let tls: TLSConnection
    private var hasStarted = false
    private var hasFailed = false
    /// The peer has sent close_notify.
    private var hasInputEnded = false

    init(_ tls: TLSConnection) {
        self.tls = tls
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard !hasStarted else { return }
        hasStarted = true
        advanceHandshake(context)
    }

    // MARK: Incoming

    /// Hides the end of the peer's half of the TCP connection: either close_notify has announced it, or it is an error.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            endInput(context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        endInput(context)
        context.fireChannelInactive()
    }

    private func endInput(_ context: ChannelHandlerContext) {
        guard hasStarted, !hasFailed, !hasInputEnded else { return }
        tls.receiveEnd()
        if tls.isEstablished { readPlaintext(context) } else { advanceHandshake(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { tls.receive(ciphertext: $0) }
        if !tls.isEstablished { advanceHandshake(context) }
        if tls.isEstablished, !hasFailed { readPlaintext(context) }
    }

    private func advanceHandshake(_ context: ChannelHandlerContext) {
        let progress = tls.handshake()
        flushCiphertext(context)
        switch progress {
        case .incomplete: break
        case .complete:
            if let peer = tls.peer { context.fireUserInboundEventTriggered(TLSEstablished(peer: peer)) }
        case .failed(let error): fail(error, context)
        }
    }

    /// Reads all plaintext of one socket read into one buffer.
    ///
    /// It is never longer than the input, except for a partial record that OpenSSL kept from an earlier read.
    private func readPlaintext(_ context: ChannelHandlerContext) {
        var plaintext = context.channel.allocator.buffer(capacity: tls.pendingIncomingBytes + 1024)
        var end = TLSConnection.ReadResult.incomplete
        reading: while true {
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 1024) { space in
                end = tls.read(into: space)
                guard case .bytes(let count) = end else { return 0 }
                return count
            }
            guard case .bytes = end else { break reading }
        }
        if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
        flushCiphertext(context)
        switch end {
        case .bytes, .incomplete: break
        // As with a TCP connection whose peer has closed its half, we may still answer.
        case .ended:
            guard !hasInputEnded else { return }
            hasInputEnded = true
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .failed(let error): fail(error, context)
        }
    }

    private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        guard !hasFailed else { return }
        hasFailed = true
        context.fireErrorCaught(error)
    }

    // MARK: Outgoing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let plaintext = unwrapOutboundIn(data)
        var ciphertext = context.channel.allocator.buffer(capacity: Self.ciphertextBytes(for: plaintext.readableBytes))
        var progress = TLSConnection.Progress.complete
        plaintext.withUnsafeReadableBytes { bytes in
            var start = 0
            while start < bytes.count, progress == .complete {
                let end = min(start + Self.encryptBytesMax, bytes.count)
                progress = tls.write(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                drainCiphertext(into: &ciphertext)
                start = end
            }
        }
        switch progress {
        case .complete: context.write(wrapOutboundOut(ciphertext), promise: promise)
        case .incomplete: promise?.fail(ChannelError.inappropriateOperationForState)
        case .failed(let error):
            promise?.fail(error)
            fail(error, context)
        }
    }

    /// Sends close_notify before the channel, or its outgoing half, is closed.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input {
            tls.closeNotify()
            flushCiphertext(context)
        }
        context.close(mode: mode, promise: promise)
    }

    private func flushCiphertext(_ context: ChannelHandlerContext) {
        guard tls.pendingCiphertextBytes > 0 else { return }
        var ciphertext = context.channel.allocator.buffer(capacity: tls.pendingCiphertextBytes)
        drainCiphertext(into: &ciphertext)
        context.writeAndFlush(wrapOutboundOut(ciphertext), promise: nil)
    }

    private func drainCiphertext(into buffer: inout ByteBuffer) {
        while case let pending = tls.pendingCiphertextBytes, pending > 0 {
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: pending) { tls.drain(into: $0) }
            guard count > 0 else { return }
        }
    }

    /// Upper bound of the ciphertext: a record holds 16 KiB and adds less than 64 bytes.
    private static func ciphertextBytes(for plaintextBytes: Int) -> Int {
        plaintextBytes + (plaintextBytes / 16_384 + 1) * 64
    }
}
