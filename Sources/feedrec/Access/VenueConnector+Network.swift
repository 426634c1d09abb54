import NIOCore
import Recording
import Transport
import Venues

extension VenueConnector {
    /// Makes a connector that uses the network and the clock.
    ///
    /// `token` is called for each connection.
    init(
        _ client: WebSocketClient.Configuration,
        hub: HubConnection?,
        token: @escaping @Sendable () async throws -> String?,
        group: any EventLoopGroup
    ) {
        self.init(
            client: client,
            hub: hub,
            token: token,
            now: Clocks.wall,
            post: { (configuration) async throws(TransportError) in
                try await HTTPClient.send(.init(method: "POST"), configuration, group: group, now: Clocks.wall)
            },
            open: { (configuration) async throws(TransportError) in
                try await WebSocketClient.connect(configuration, group: group, now: Clocks.wall)
            }
        )
    }
}
