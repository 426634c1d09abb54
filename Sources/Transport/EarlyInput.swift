import NIOCore

/// Keeps what a peer sends before anyone is there to take it.
///
/// NIO reads as soon as a connection is made, which can be before those who waited for it have added their handlers: a
/// server that refuses at once would seem to have said nothing. Its channel must allow remote half closure meanwhile, or the
/// end of the input takes the channel with it.
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

    /// Hands over what has come to the handlers behind this one, and goes away.
    func release() {
        guard let context else { return }
        for data in waiting { context.fireChannelRead(data) }
        waiting = []
        context.fireChannelReadComplete()
        if hasInputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
