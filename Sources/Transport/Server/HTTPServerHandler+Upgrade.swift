import MarketModel
import NIOCore
import TLSEngine
import WebSocketProtocol

extension HTTPServerHandler {
    /// Sends the 101 response and replaces this handler with a ``ConnectionHandler``; `nil` if the connection has
    /// ended.
    func upgrade(
        _ answer: [UInt8],
        subprotocol: String?,
        deflate: DeflateAgreement?,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) -> WebSocketConnection? {
        guard let context, case .answering = phase, context.channel.isActive else { return nil }
        let handler = ConnectionHandler(
            role: .server,
            settings: configuration.connection,
            deflate: deflate,
            status: WebSocketStatus(),
            now: now
        )
        let channel = context.channel
        guard (try? channel.pipeline.syncOperations.addHandler(handler, position: .after(self))) != nil else {
            return nil
        }
        var info = ConnectionInfo()
        info.localAddress = channel.localAddress?.authority
        info.remoteAddress = channel.remoteAddress?.authority
        if let peer { info.take(peer) }
        info.subprotocol = subprotocol
        info.extensions = deflate.map { [$0.headerValue] } ?? []
        let connection = WebSocketConnection(info: info, handler: handler, channel: channel)
        write(answer)
        phase = .ending
        let leftover = input
        input.clear()
        let hadDeferredRead = hasDeferredRead
        channel.pipeline.syncOperations.removeHandler(self, promise: nil)
        handler.take(leftover)
        handler.announceMessages()
        if hasInputEnded { handler.inputEnded() }
        if hadDeferredRead { channel.read() }
        return connection
    }
}
