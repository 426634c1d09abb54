package import MarketModel

/// The server side of a venue: the paths it serves, its answers before the WebSocket, and its sessions.
///
/// A server does no I/O, reads no clock and never changes. It is called from many tasks at a time.
package protocol VenueServer: Sendable {
    /// The meaning of a request's path; `nil` if the venue does not serve it.
    func place(ofPath path: String) -> VenuePlace?

    /// Answers a negotiation: an HTTP POST to a place with ``VenuePlace/isNegotiation``. Returns the JSON body.
    ///
    /// `issue` makes the IDs of the connection that will follow.
    func answer(_ negotiation: VenueNegotiation, at place: VenuePlace, issue: () -> ConnectionIDs) -> String

    /// Makes the venue's side of a connection that a client opened with the request target `target`.
    func makeSession(at place: VenuePlace, target: String) -> any VenueSession
}

extension VenueServer {
    /// For venues that do not negotiate.
    package func answer(_ negotiation: VenueNegotiation, at place: VenuePlace, issue: () -> ConnectionIDs) -> String {
        "{}"
    }
}

/// What a venue serves at a path.
package struct VenuePlace: Sendable, Hashable {
    /// The venue's own name for it, such as that of a hub; empty if the venue has only one kind of place.
    package var name = ""
    /// True for the path of an HTTP negotiation, false for that of WebSocket connections.
    package var isNegotiation = false
    /// True if connections may present an ID that a negotiation has issued, in the query parameter `id`.
    package var issuesIDs = false
    /// False if clients need no token here.
    package var needsToken = true
    /// The token that clients must present here instead of the server's.
    package var ownToken: String?
    /// True if clients cannot handle more than the original pace.
    package var needsOriginalPace = false

    package init() {}
}

/// A client's request to negotiate.
package struct VenueNegotiation: Sendable, Hashable {
    /// The path as the client sent it.
    package let path: String
    /// The `Host` header; `nil` if there is none.
    package let host: String?
    /// The query by names in lower case.
    package let query: [String: String]

    /// Makes a request.
    ///
    /// Names in `query` may be in any case; if a name is repeated, the first value counts.
    package init(path: String, host: String?, query: [(name: String, value: String)]) {
        self.path = path
        self.host = host
        self.query = Dictionary(query.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}

/// The two names of a connection that was negotiated: a public one, and one that only its client knows.
package struct ConnectionIDs: Sendable, Hashable {
    package let connectionID: String
    package let connectionToken: String

    package init(connectionID: String, connectionToken: String) {
        self.connectionID = connectionID
        self.connectionToken = connectionToken
    }
}

/// Learns from recordings how a venue must answer the clients of their tape.
///
/// For venues whose clients may only ask for what the recorder had subscribed to, or whose paths vary.
package protocol RecordedVenueReader: Sendable {
    /// Adds the URL of a recorded feed.
    mutating func note(url: String)

    /// Begins the opening of a recorded connection.
    mutating func beginConnection()

    /// Adds a message of the opening, sent or received.
    mutating func note(_ payload: UnsafeRawBufferPointer, _ entry: MessageBatch.Entry)

    /// True if the present connection has shown what its recorder subscribed to.
    var knowsSubscriptions: Bool { get }

    /// Makes a server for the tape.
    ///
    /// If `isComplete` is false, the subscriptions of part of the tape are unknown, so nothing may be refused.
    func makeServer(isComplete: Bool) -> any VenueServer
}

extension RecordedVenueReader {
    /// The path in the URL of a feed, without the query; empty if there is none, `nil` if it is no URL.
    static func path(ofURL url: String) -> Substring? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let rest = url[colon...].dropFirst(3).prefix { $0 != "?" && $0 != "#" }
        return rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
    }
}

/// Generates the messages of a simulated venue.
///
/// Each client has its own simulator.
package protocol VenueSimulator: Sendable {
    /// Appends up to `count` messages for what the client of `session` is subscribed to.
    ///
    /// - Returns: The number of appended messages; 0 if the client is subscribed to nothing that can be simulated.
    mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int
}
