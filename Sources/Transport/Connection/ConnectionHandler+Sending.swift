import MarketModel
import NIOCore
import WebSocketProtocol

extension ConnectionHandler {
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        monitor.update(waking: .writable) { $0.isWritable = isWritable }
        guard isWritable, let pong = deferredPong else { return }
        deferredPong = nil
        write(pong)
    }

    /// Writes the engine's pongs and returns its close frame, which the caller sends last.
    ///
    /// A peer that sends pings but does not read must not fill our memory. While the channel is not writable, only the
    /// latest pong is kept; it answers all earlier pings (RFC 6455 §5.5.3).
    func reply(_ bytes: [UInt8], at time: UnixNanoseconds) -> ArraySlice<UInt8> {
        var lastPong: ArraySlice<UInt8>?
        var closeFrame: ArraySlice<UInt8> = []
        for frame in ControlFrames(bytes) {
            if frame.isClose {
                closeFrame = frame.bytes
            } else {
                lastPong = frame.bytes
                if settings.recordsEvents { record(.pingReceived(payload: frame.payload), at: time) }
            }
        }
        if let lastPong, let context {
            if context.channel.isWritable { write(bytes[..<lastPong.endIndex]) } else { deferredPong = lastPong }
        }
        return closeFrame
    }

    /// Writes the frames of all outgoing messages in one buffer and flushes it.
    ///
    /// Writes nothing once a close frame has been sent.
    ///
    /// Calls `beforeWrite` after encoding and before writing.
    func sendOutgoing(beforeWrite: () -> Void = {}) {
        let outgoing = monitor.update { state in
            var outgoing: [OutgoingMessages] = []
            swap(&outgoing, &state.outgoing)
            state.outgoingBytes = 0
            return outgoing
        }
        guard !outgoing.isEmpty else { return }
        if let frames = encode(outgoing) {
            beforeWrite()
            context?.writeAndFlush(wrapOutboundOut(frames), promise: nil)
        }
        let isWritable = context?.channel.isWritable ?? false
        let statistics = statistics
        monitor.update(waking: .writable) { state in
            state.isWritable = isWritable
            state.statistics = statistics
        }
    }

    private func encode(_ outgoing: [OutgoingMessages]) -> ByteBuffer? {
        guard let allocator = context?.channel.allocator else { return nil }
        guard farewell == nil else {
            return farewell?.sender.encode(outgoing, with: allocator)
        }
        return engine.canSend ? engine.encode(outgoing, with: allocator) : nil
    }

    func write(_ bytes: some Collection<UInt8>) {
        guard let context, !bytes.isEmpty else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func publishSendState() {
        let (canSend, statistics) = (engine.canSend || farewell != nil, statistics)
        monitor.update(waking: .writable) { state in
            state.canSend = canSend
            state.statistics = statistics
        }
    }

    /// Statistics of the connection, including its last answers.
    var statistics: WebSocketStatistics {
        let answers = farewell?.sender.statistics ?? lastAnswers
        var sum = engine.statistics
        sum.messagesSent &+= answers.messagesSent
        sum.bytesSent &+= answers.bytesSent
        return sum
    }

    /// Bytes in the channel that the socket has not accepted yet.
    var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

extension WebSocketEngine {
    /// Returns the frames of all messages in one buffer.
    fileprivate mutating func encode(_ outgoing: [OutgoingMessages], with allocator: ByteBufferAllocator) -> ByteBuffer
    {
        let bytesMax = outgoing.reduce(0) { $0 + frameBytes(for: $1.batch, range: $1.range) }
        var buffer = allocator.buffer(capacity: bytesMax)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytesMax) { space in
            outgoing.reduce(0) { written, messages in
                let rest = UnsafeMutableRawBufferPointer(rebasing: space[written...])
                return written + encode(messages.batch, range: messages.range, into: rest)
            }
        }
        return buffer
    }
}

/// Counts the bytes handed to the socket's channel.
///
/// Sits next to the socket, below TLS.
final class OutgoingMeter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var bytes = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        bytes += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }
}
