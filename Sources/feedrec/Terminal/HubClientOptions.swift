import ArgumentParser
import NIOCore
import Recording
import SignalRProtocol
import Transport

/// How a SignalR hub is reached.
struct HubClientOptions: ParsableArguments {
    @Flag(help: "SignalR: negotiate before every connection, following redirects; hubs that need it say so.")
    var negotiate = false

    @Flag(help: "SignalR: send the token in the WebSocket's URL, as browsers do, instead of a header.")
    var tokenInQuery = false

    /// Connects by these options, and to what is no hub as well; `token` is asked every time.
    func connector(
        _ client: WebSocketClient.Configuration,
        hubProtocol: HubProtocol = .json,
        token: @escaping @Sendable () async throws -> String?,
        group: any EventLoopGroup
    ) -> SignalRConnector {
        var connector = SignalRConnector(
            client: client,
            token: token,
            now: Clocks.wall,
            post: { (configuration) async throws(TransportError) in
                try await HTTPClient.send(.init(method: "POST"), configuration, group: group, now: Clocks.wall)
            },
            open: { (configuration) async throws(TransportError) in
                try await WebSocketClient.connect(configuration, group: group, now: Clocks.wall)
            }
        )
        connector.hubProtocol = hubProtocol
        connector.negotiates = negotiate
        connector.hasTokenInQuery = tokenInQuery
        return connector
    }
}

extension HubProtocol: ExpressibleByArgument {}
