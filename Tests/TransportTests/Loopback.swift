import FeedrecTestKit
import Foundation
import MarketModel
import NIOCore
import NIOPosix
import TLSEngine
import Transport
import WebSocketProtocol

/// The event loops of all tests.
let testGroup = MultiThreadedEventLoopGroup.singleton

@Sendable
func wallClock() -> UnixNanoseconds {
    UnixNanoseconds(Int64(Date().timeIntervalSince1970 * 1_000_000_000))
}

func connect(
    _ url: String,
    _ configure: (inout WebSocketClient.Configuration) -> Void = { _ in }
) async throws -> WebSocketConnection {
    var configuration = WebSocketClient.Configuration(url: try WebSocketURL(url))
    configure(&configuration)
    return try await WebSocketClient.connect(configuration, group: testGroup, now: wallClock)
}

/// Runs a server while `body` talks to it, then shuts it down.
func withServer<Result: Sendable>(
    _ handler: some WebSocketServerHandler,
    configuration: WebSocketServer.Configuration = .init(),
    _ body: @Sendable (WebSocketServer) async throws -> Result
) async throws -> Result {
    try await FeedrecTestKit.withServer(handler, configuration: configuration, now: wallClock, body)
}

/// Echoes messages, and answers plain requests with their method, path and body.
struct EchoHandler: WebSocketServerHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(
            status: 200,
            text: "\(request.head.method) \(request.head.path) \(String(decoding: request.body, as: UTF8.self))"
        )
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        switch request.path {
        case "/unauthorized": .reject(HTTPResponse(status: 401, text: "no token\n"))
        case "/missing": .reject(HTTPResponse(status: 404, text: "no such stream\n"))
        default: .accept(subprotocol: ServerHandshake.subprotocols(of: request).first)
        }
    }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        do {
            while let batch = try await connection.receive() { try await connection.send(batch) }
        } catch {
            // The client is gone, or the server is shutting down.
        }
    }
}

/// A handler whose WebSocket side is one closure.
struct ScriptedHandler: WebSocketServerHandler {
    let script: @Sendable (WebSocketConnection) async throws -> Void

    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: 404) }
    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision { .accept(subprotocol: nil) }
    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        try? await script(connection)
    }
}

extension MessageBatch {
    init(texts: [String]) {
        self.init()
        for text in texts { append(Array(text.utf8), direction: .sent, tsRecv: UnixNanoseconds(0)) }
    }

    var texts: [String] { entries.indices.map { String(decoding: payload(at: $0), as: UTF8.self) } }
}

extension WebSocketConnection {
    /// Receives until there are `count` messages, or until the end.
    func receive(count: Int) async throws -> MessageBatch {
        var all = MessageBatch()
        while all.count < count, let batch = try await receive() {
            for index in batch.entries.indices { all.append(messageAt: index, of: batch) }
        }
        return all
    }
}
