import ArgumentParser
import NIOCore
import Recording
import SignalRProtocol
import Transport

/// How to reach a SignalR hub.
struct HubClientOptions: ParsableArguments {
    @Flag(help: "SignalR: negotiate before every connection and follow redirects. Use it if the hub requires it.")
    var negotiate = false

    @Flag(help: "SignalR: send the token in the WebSocket URL, as browsers do, instead of in a header.")
    var tokenInQuery = false

    /// Makes a connector with these options.
    ///
    /// It also connects to servers that are not hubs. `token` is called for each connection.
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
