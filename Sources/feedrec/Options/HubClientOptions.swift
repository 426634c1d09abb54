import ArgumentParser
import Venues

/// How to reach a SignalR hub, for a verb that does not name a venue.
struct HubClientOptions: ParsableArguments {
    @Flag(help: "SignalR: negotiate before every connection and follow redirects. Use it if the hub requires it.")
    var negotiate = false

    @Flag(help: "SignalR: send the token in the WebSocket URL, as browsers do, instead of in a header.")
    var tokenInQuery = false

    /// `nil` for a plain WebSocket.
    var hub: HubConnection? {
        guard negotiate || tokenInQuery else { return nil }
        var hub = HubConnection()
        hub.negotiates = negotiate
        hub.hasTokenInQuery = tokenInQuery
        return hub
    }
}
