package import MarketModel
package import NIOCore
import WebSocketProtocol

/// Sends one HTTP/1.1 request over a connection of its own.
///
/// Made for what precedes a WebSocket, such as a negotiation: it connects as ``WebSocketClient`` does, with the same
/// proxies, trust and time-outs, and answers no redirect.
package enum HTTPClient {
    /// What is sent; `Host`, `Connection: close` and `Content-Length` are added.
    package struct Request: Sendable {
        /// A token such as `GET` or `POST`; not `HEAD`.
        package var method: String
        package var body: [UInt8]
        /// The longest body that is accepted, in bytes.
        package var responseBytesMax = 1 << 20

        package init(method: String, body: [UInt8] = []) {
            self.method = method
            self.body = body
        }
    }

    /// Sends `request` to the URL of `configuration`, with its headers; `ws` stands for `http` and `wss` for `https`.
    ///
    /// `handshakeTimeout` is for the whole answer. A status is never an error. Cancelling the task ends the attempt with
    /// ``TransportError/Code-swift.enum/cancelled``.
    package static func send(
        _ request: Request,
        _ configuration: WebSocketClient.Configuration,
        group: any EventLoopGroup,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) async throws(TransportError) -> HTTPResponse {
        let trust = try WebSocketClient.trust(of: configuration)
        let proxyTrust = try WebSocketClient.proxyTrust(of: configuration)
        let loop = group.next()
        let exchange = HTTPExchange(request: request, promise: loop.makePromise())
        let attempt = ConnectAttempt(
            configuration: configuration,
            trust: trust,
            proxyTrust: proxyTrust,
            loop: loop,
            now: now,
            status: WebSocketStatus(),
            exchange: exchange
        )
        attempt.result.whenFailure { exchange.promise.fail($0) }
        do {
            return try await withTaskCancellationHandler {
                attempt.start()
                return try await exchange.promise.futureResult.get()
            } onCancel: {
                attempt.fail(.cancelled)
            }
        } catch {
            throw attempt.error(for: error)
        }
    }
}

/// One request and who waits for its answer.
struct HTTPExchange: Sendable {
    let request: HTTPClient.Request
    let promise: EventLoopPromise<HTTPResponse>
}
