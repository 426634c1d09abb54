package import MarketModel

/// The kind of a session: a recording of live feeds, or an import of files.
package enum SessionKind: String, Sendable, Hashable {
    case record
    case `import`
}

/// The properties of a session that are known at its start.
package struct SessionStart: Hashable, Sendable {
    package var kind: SessionKind
    package var tsStart: UnixNanoseconds
    package var host: String?
    package var programVersion: String
    /// JSON text without secrets.
    package var configuration: String

    package init(
        kind: SessionKind,
        tsStart: UnixNanoseconds,
        host: String?,
        programVersion: String,
        configuration: String
    ) {
        self.kind = kind
        self.tsStart = tsStart
        self.host = host
        self.programVersion = programVersion
        self.configuration = configuration
    }
}

/// The numbers of rows that a session claims to have stored.
package struct SessionCounts: Hashable, Sendable {
    package var messagesReceived: Int64 = 0
    package var messagesSent: Int64 = 0
    package var quoteCount: Int64 = 0
    package var tradeCount: Int64 = 0
    package var marginUpdateCount: Int64 = 0
    /// The number of distinct bars, not of their revisions.
    package var barCount: Int64 = 0
    /// Events that are not oddities.
    package var eventCount: Int64 = 0
    package var oddityCount: Int64 = 0
    package var gapCount: Int64 = 0

    package init() {}
}

/// A row of `session`.
package struct SessionRow: Hashable, Sendable {
    package var sessionID: Int64
    package var start: SessionStart
    /// `nil` while the session runs, and after a kill until recovery has ended it.
    package var tsEnd: UnixNanoseconds?
    /// `killed`, `rotation`, `duration`, `count`, `signal`, `peer_closed`, `end_of_file`, `error`, ….
    package var endCause: String?
    /// `nil` while the session runs, and after a kill until recovery has counted its rows.
    package var counts: SessionCounts?

    package init(
        sessionID: Int64,
        start: SessionStart,
        tsEnd: UnixNanoseconds? = nil,
        endCause: String? = nil,
        counts: SessionCounts? = nil
    ) {
        self.sessionID = sessionID
        self.start = start
        self.tsEnd = tsEnd
        self.endCause = endCause
        self.counts = counts
    }
}
