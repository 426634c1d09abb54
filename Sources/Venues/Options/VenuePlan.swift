package import MarketModel
package import SignalRProtocol

/// What to record of a venue, and how to connect: the meaning of a user's options.
package struct VenuePlan: Sendable {
    /// Makes the client's side of a new connection.
    ///
    /// The argument is the time limit for the answer to a handshake inside the WebSocket, if the venue has one.
    package var makeDialect: @Sendable (_ handshakeTimeout: Duration) -> any VenueDialect
    /// JSON text of what is requested, as the recording stores it; contains no secrets.
    ///
    /// The members `broker_time_zone`, `keeps_personal_data`, `hub_protocol`, `mapping` and `quotes_from_book` are read
    /// again by `rebuild`; see ``VenueReading``.
    package var subscription: String
    /// How the messages are read, and what is kept of them.
    package var reading = VenueReading()
    /// How to reach a SignalR hub; `nil` for a plain WebSocket.
    package var hub: HubConnection?
    /// How the connection logs in to an account; `nil` for public data.
    ///
    /// Then ``AccountPlan/makeDialect`` makes the client's side, and ``makeDialect`` only one that reads.
    package var account: AccountPlan?
    /// Returns the path and query to request, from those of the user's URL; by default, they stay as they are.
    package var target: @Sendable (_ given: String) -> String = { $0 }
    /// What distinguishes this plan from the others of the same options, such as `market` or `2`; empty for the only
    /// one.
    ///
    /// It becomes a part of the feed's name.
    package var part = ""
    /// The URL to use instead of ``VenueDefinition/defaultURL`` if the user gives none; `nil` for the default.
    package var defaultURL: String?
    /// HTTP requests for the venue's lists of instruments, made before the feed connects and every few hours.
    package var instrumentRequests: [RESTExchange] = []
    /// The least time between two HTTP requests to the venue from one address.
    package var requestInterval = Duration.milliseconds(200)
    /// The symbols whose ticks are requested, to find two feeds that would store the same ticks.
    package var ticks = SymbolSelection.none
    /// The symbols whose quotes are requested, and those whose order books are, spelled as in the rows.
    ///
    /// A book gives quotes if the venue sends none. Use ``SymbolSelection/all`` if everything is requested of all
    /// symbols alike.
    package var quotes = SymbolSelection.none
    package var books = SymbolSelection.none
    /// The symbols that are requested by name, for sessions of single symbols; empty if all symbols are requested.
    package var namedSymbols: [String] = []
    /// What the user should know about the feed before it connects, such as corrected names.
    package var notices: [String] = []

    package init(
        subscription: String,
        makeDialect: @escaping @Sendable (_ handshakeTimeout: Duration) -> any VenueDialect
    ) {
        self.subscription = subscription
        self.makeDialect = makeDialect
    }
}

extension VenuePlan {
    /// The plans of the same options, for public data and for an account, with a name for each ``part``.
    ///
    /// Of several public plans, those without a name get their number. The names are parts of the feeds' names, which
    /// recordings store, so they must not change.
    static func named(public plans: [VenuePlan], account: VenuePlan?) -> [VenuePlan] {
        var plans = plans
        if plans.count == 1 {
            plans[0].part = account == nil ? "" : "public"
        } else {
            for index in plans.indices where plans[index].part.isEmpty { plans[index].part = "\(index + 1)" }
        }
        guard var account else { return plans }
        account.part = plans.isEmpty ? "" : MarketOptions.accountPart
        return plans + [account]
    }
}

/// How to open a connection to a SignalR hub.
package struct HubConnection: Sendable, Hashable {
    /// True to negotiate first; a hub that only supports WebSockets does not need it.
    package var negotiates = false
    /// True if the token is sent in the WebSocket's URL, as browsers do, instead of in a header.
    package var hasTokenInQuery = false
    package var hubProtocol = HubProtocol.json

    package init() {}
}
