package import MarketModel

/// What a session is: a recording of live feeds, or an import of somebody's files.
package enum SessionKind: String, Sendable, Hashable {
    case record
    case `import`
}

/// What is known of a session when it begins.
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

/// How many rows a session stored, by its own account.
package struct SessionCounts: Hashable, Sendable {
    package var messagesReceived: Int64 = 0
    package var messagesSent: Int64 = 0
    package var quoteCount: Int64 = 0
    package var tradeCount: Int64 = 0
    package var marginUpdateCount: Int64 = 0
    /// Bars as the session counts them: one per key, not one per revision.
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
    /// `nil` while the session runs, and after a kill until the journal is folded in.
    package var tsEnd: UnixNanoseconds?
    /// `killed`, `rotation`, `duration`, `count`, `signal`, `peer_closed`, `end_of_file`, `error`, ….
    package var endCause: String?
    /// `nil` as long as the session has not ended, and after a kill until recovery has counted what is there.
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
