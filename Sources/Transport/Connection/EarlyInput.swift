import NIOCore

/// Keeps the bytes that a peer sends before the real handlers are in place.
///
/// NIO reads as soon as a connection is made, which can be before the handlers are added. Without this handler, the
/// answer of a server that refuses at once would be lost. The channel must allow remote half closure meanwhile, or the
/// end of the input closes the channel.
final class EarlyInput: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var waiting: [NIOAny] = []
    private var hasInputEnded = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { waiting.append(data) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { hasInputEnded = true }
    }

    /// Passes the kept input to the next handlers, and removes this one.
    func release() {
        guard let context else { return }
        for data in waiting { context.fireChannelRead(data) }
        waiting = []
        context.fireChannelReadComplete()
        if hasInputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
