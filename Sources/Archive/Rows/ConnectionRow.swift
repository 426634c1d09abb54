package import MarketModel

/// A row of `feed`: one configured stream of a session.
package struct FeedRow: Hashable, Sendable {
    /// Assigned by ``ArchiveWriter/addFeed(_:)``, which ignores this value.
    package var feedID: Int64
    package var sessionID: Int64
    package var name: String
    package var venue: String
    /// Without user information and query.
    package var url: String?
    /// The subscription, as JSON.
    package var subscription: String?

    package init(
        feedID: Int64 = 0,
        sessionID: Int64,
        name: String,
        venue: String,
        url: String?,
        subscription: String? = nil
    ) {
        self.feedID = feedID
        self.sessionID = sessionID
        self.name = name
        self.venue = venue
        self.url = url
        self.subscription = subscription
    }
}

/// The properties of a connection that are known when it is opened.
package struct ConnectionOpened: Hashable, Sendable {
    package var feedID: Int64
    package var tsOpened: UnixNanoseconds
    package var localAddress: String?
    package var remoteAddress: String?
    package var proxy: String?
    package var tlsVersion: String?
    package var tlsCipher: String?
    /// The SHA-256 fingerprint of the peer's certificate, in hexadecimal.
    package var certificateSHA256: String?
    package var certificateExpires: UnixNanoseconds?
    package var subprotocol: String?
    /// The negotiated extensions with their parameters, separated by commas.
    package var extensions: String?
    /// The durations of name lookup plus connecting, of the TLS handshake and of the upgrade, in nanoseconds.
    package var connectNS: Int64?
    package var tlsNS: Int64?
    package var upgradeNS: Int64?
    /// The connection's key in the journal, and the position up to which earlier files have its messages.
    package var journalKey: UInt64?
    package var journalPosition = JournalPosition()

    package init(feedID: Int64, tsOpened: UnixNanoseconds) {
        self.feedID = feedID
        self.tsOpened = tsOpened
    }
}

/// The side that closed a connection.
package enum ConnectionCloser: String, Sendable, Hashable {
    case local
    case remote
    /// The connection broke without a close from either side.
    case none
}

/// How a connection ended, and its traffic.
package struct ConnectionClosed: Hashable, Sendable {
    package var connectionID: Int64
    package var tsClosed: UnixNanoseconds
    package var messagesReceived: Int64 = 0
    package var messagesSent: Int64 = 0
    package var bytesReceived: Int64 = 0
    package var bytesSent: Int64 = 0
    /// The WebSocket status code (RFC 6455 §7.4); 1005 if none was sent, 1006 if the connection broke.
    package var closeCode: Int64?
    package var closeReason: String?
    package var closedBy: ConnectionCloser

    package init(connectionID: Int64, tsClosed: UnixNanoseconds, closedBy: ConnectionCloser) {
        self.connectionID = connectionID
        self.tsClosed = tsClosed
        self.closedBy = closedBy
    }
}

/// A row of `connection`, with the venue of its feed.
package struct ConnectionRow: Hashable, Sendable {
    package var connectionID: Int64
    package var sessionID: Int64
    package var feedName: String
    package var venue: String
    package var opened: ConnectionOpened
    /// `nil` while the connection is open.
    package var closed: ConnectionClosed?
}
