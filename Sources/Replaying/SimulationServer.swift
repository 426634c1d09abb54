package import MarketModel
package import Transport
package import Venues
package import WebSocketProtocol

/// Serves simulated venues on their own paths only.
///
/// Each client has its own tape.
package struct SimulationServer: WebSocketServerHandler {
    /// Called with every message sent to a client, and the client's number, which counts from 1.
    package typealias Observer = @Sendable (_ client: Int, _ messages: MessageBatch) -> Void

    private let host: VenueHost
    /// Answers an HTTP request, with access to its headers.
    package typealias Answer = @Sendable (RESTExchange, _ header: (String) -> String?) -> RESTAnswer?

    private let answer: Answer
    private let notServed: HTTPResponse

    /// Makes a server that plays the tapes of `makeTape`, and answers HTTP requests with `answer`.
    package init(
        _ served: [ServedVenue],
        policy: ServingPolicy,
        timers: PlaybackTimers,
        observe: Observer? = nil,
        answer: @escaping Answer = { _, _ in nil },
        makeTape: @escaping @Sendable (Venue) throws -> any Tape
    ) {
        self.answer = answer
        let clients = ClientCounter()
        let notServed = HTTPResponse.notServed(
            by: "feedrec simulate",
            paths: served.flatMap(\.venue.definition.examplePaths)
        )
        self.notServed = notServed
        host = VenueHost(served, policy: policy, notServed: notServed) {
            (connection, _, visit: VenueVisit) async -> Void in
            let playback = ClientPlayback(
                connection: connection,
                session: visit.session,
                speed: visit.place.needsOriginalPace ? .factor(1) : policy.speed,
                timers: timers,
                settling: policy.settling,
                observe: Self.observer(observe, client: clients.next()),
                makeTape: { () throws in try makeTape(visit.venue) }
            )
            await playback.run()
        }
    }

    private static func observer(_ observe: Observer?, client: Int) -> (@Sendable (MessageBatch) -> Void)? {
        guard let observe else { return nil }
        return { messages in observe(client, messages) }
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        if let response = host.respond(to: request) { return response }
        let body = request.body.isEmpty ? nil : String(decoding: request.body, as: UTF8.self)
        let host = request.head.headers["Host"] ?? "localhost"
        let exchange = RESTExchange(
            method: request.head.method,
            url: "http://\(host)\(request.head.target)",
            requestBody: body
        )
        let headers = request.head.headers
        return answer(exchange, { headers[$0] }).map(HTTPResponse.init) ?? notServed
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        host.accept(request)
    }

    /// A hub's clients get a goodbye before the connection is closed.
    package var saysGoodbye: Bool { true }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        await host.serve(connection, request: request)
    }
}

/// Sends every message back, on every path.
package struct EchoServer: WebSocketServerHandler {
    package init() {}

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(status: 426, text: "this is a WebSocket echo")
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        .accept(subprotocol: nil)
    }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        while let batch = try? await connection.receive() {
            guard (try? await connection.send(batch)) != nil else { return }
        }
    }
}
