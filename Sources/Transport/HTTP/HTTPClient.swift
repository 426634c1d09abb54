package import MarketModel
package import NIOCore
import WebSocketProtocol

/// Sends one HTTP/1.1 request over a connection of its own.
///
/// It serves requests that precede a WebSocket, such as a negotiation. It connects as ``WebSocketClient`` does, with
/// the same proxies, trust and time-outs, and does not follow redirects.
package enum HTTPClient {
    /// A request; `Host`, `Connection: close` and `Content-Length` are added when it is sent.
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

    /// Sends `request` to the URL of `configuration`, with its headers; `ws` means `http` and `wss` means `https`.
    ///
    /// `handshakeTimeout` covers the whole response. No status is an error. Cancelling the task ends the attempt with
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

/// One request and the promise of its response.
struct HTTPExchange: Sendable {
    let request: HTTPClient.Request
    let promise: EventLoopPromise<HTTPResponse>
}
