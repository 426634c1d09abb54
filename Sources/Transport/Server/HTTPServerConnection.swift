import MarketModel
import NIOCore
import WebSocketProtocol

/// The serving task's side of an ``HTTPServerHandler``.
final class HTTPServerConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<HTTPServerHandler>
    private let monitor: Monitor<HTTPServerState, HTTPServerTopic>

    /// Must be called on the channel's event loop, with `handler` in its pipeline.
    init(channel: any Channel, handler: HTTPServerHandler) {
        self.channel = channel
        self.monitor = handler.monitor
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Returns the next complete request; `nil` once no more can come, or when the task is cancelled.
    func next() async -> HTTPRequest? {
        let request = try? await monitor.wait(for: .request) { state -> HTTPRequest?? in
            if let request = state.request {
                state.request = nil
                return request
            }
            return state.isEnded ? .some(nil) : nil
        }
        return request ?? nil
    }

    func respond(_ bytes: [UInt8], keepsAlive: Bool) {
        channel.eventLoop.execute { [handler] in handler.value.respond(bytes, keepsAlive: keepsAlive) }
    }

    func upgrade(
        _ answer: [UInt8],
        subprotocol: String?,
        deflate: DeflateAgreement?,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) async -> WebSocketConnection? {
        let upgraded = channel.eventLoop.submit { [handler] in
            handler.value.upgrade(answer, subprotocol: subprotocol, deflate: deflate, now: now)
        }
        return try? await upgraded.get()
    }

    /// Ends the connection if it is still an HTTP connection, and waits until the socket is closed.
    func end() async {
        channel.eventLoop.execute { [handler] in handler.value.end() }
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.closeLater(after: .seconds(1))
        }
    }

    func abort() { channel.close(promise: nil) }
}
