package import Archive
package import BarBuilding
package import MarketModel
package import Transport
package import Venues

/// One stream to record.
package struct FeedConfiguration: Sendable {
    package var name: String
    package var venue: Venue
    /// Must not contain a query or user information, because it is stored.
    package var url: String
    /// JSON text of what is requested; must not contain secrets, because it is stored.
    package var subscription: String
    package var barIntervals: [BarInterval]
    /// The symbols that are requested by name; empty if all are requested.
    package var namedSymbols: [String] = []
    /// How messages are read and what of them is kept.
    package var reading = VenueReading()
    /// Texts that must not appear in any report, row or message, such as the token.
    package var secrets = FeedSecrets()
    /// What the user should know about the feed before it connects.
    package var notices: [String] = []
    /// Renews the token while the feed records; `nil` if there is nothing to renew.
    package var access: FeedAccess?
    /// True if the connection is that of an account, so that the venue may refuse the login.
    package var logsIn = false
    package var watch = WatchRules()
    package var overlap = OverlapRules()
    package var market = MarketRules()
    /// The delay between two attempts to connect; `nil` for the recorder's own.
    package var backoff: Backoff?
    /// Receives the reports of this feed only; `nil` for the recorder's own.
    package var report: (@Sendable (RecorderReport) -> Void)?
    package var makeDialect: @Sendable () -> any VenueDialect
    /// Makes HTTP requests beside the connection; `nil` if there is no way to make them.
    package var rest: RESTAccess?
    /// Opens a connection; its received messages go through the tap first.
    package var connect: @Sendable ((any MessageTap)?) async throws(TransportError) -> WebSocketConnection

    /// How long messages of a busy feed, which the journal already has, are batched before they are processed.
    package static let gatherTime = Duration.milliseconds(5)

    package init(
        name: String,
        venue: Venue,
        url: String,
        subscription: String,
        barIntervals: [BarInterval],
        makeDialect: @escaping @Sendable () -> any VenueDialect,
        connect: @escaping @Sendable ((any MessageTap)?) async throws(TransportError) -> WebSocketConnection
    ) {
        self.name = name
        self.venue = venue
        self.url = url
        self.subscription = subscription
        self.barIntervals = barIntervals
        self.makeDialect = makeDialect
        self.connect = connect
    }
}

/// When a feed has two connections at a time.
///
/// This needs a venue that numbers its ticks, so that no tick is stored twice.
package struct OverlapRules: Sendable, Hashable {
    /// True for two connections at all times; false for a second one only while it takes over from the first.
    package var isRedundant = false
    /// A connection of this age is replaced before the venue closes it; `nil` leaves that to the venue.
    package var renewAfter: Duration?
    /// The longest time for which both connections run if nothing shows that the new one has caught up.
    package var handoverMax: Duration = .seconds(30)

    package init() {}

    var isPossible: Bool { isRedundant || renewAfter != nil }
}

/// When a recording ends, and how it handles connections that fail.
package struct RecordingPolicy: Sendable {
    /// End after this many data messages; messages that arrived together with the last of them are kept too.
    package var dataMessagesMax: Int64?
    /// End when the peer closes the connection, instead of reconnecting.
    package var isOnce = false
    /// Retry even if no connection has ever worked; otherwise that is an error, because it usually means a mistake.
    package var retriesFirstConnection = false
    package var backoff = Backoff.standard
    /// The delays after the venue said goodbye without asking us to come back.
    package var goodbyeBackoff = Backoff(first: .seconds(10), max: .seconds(120))
    /// Rows and blocks are committed this often; without a journal, it is the most that `kill -9` can lose.
    package var commitInterval: Duration = .milliseconds(250)
    /// Names that were requested but have not arrived after this time are reported.
    package var deliveryPatience: Duration = .seconds(60)
    /// How long a closing connection may take.
    package var closeGrace: Duration = .seconds(8)
    /// When a new file is started; `nil` for a single file of any length.
    package var rotation: RotationPolicy?
    package var durability = Durability.process
    /// A longer write-ahead log is reported, in bytes, and again each time its length has doubled.
    package var logBytesMax: Int64 = 64 << 20
    package var overload = OverloadRule.stopReading
    /// Disk space reserved for the ledger of gaps, in bytes.
    package var reserveBytes = 1 << 20

    package init() {}
}

/// What a feed does if storing cannot keep up and the journal is nearly full.
package enum OverloadRule: String, Sendable, Hashable, CaseIterable {
    /// Stop reading the sockets, so that venues wait too. Nothing is lost unless a venue closes the connection.
    case stopReading = "stop-reading"
    /// Keep reading and drop what arrives; what is dropped becomes a gap.
    case drop
}

/// What a recorder reports while it runs.
package enum RecorderReport: Sendable {
    /// The name under which a refused login is reported; no longer true once the feed is subscribed.
    package static let loginName = SubscriptionRefusal.loginName

    case connected(url: String, info: ConnectionInfo)
    case subscribed
    /// The venue did not do everything that was requested; the recording continues.
    case notice(String)
    /// Names that were requested but have not arrived, and why, if the venue's messages show it; `isFirst` is false for
    /// later reports, which list the remaining names.
    case undelivered([String], isFirst: Bool, reason: String? = nil)
    /// The venue refused a part of what was requested; reported once for each name.
    case refused(name: String, reason: String)
    /// The connection failed or ended; the next attempt follows after `retryIn`.
    case disconnected(reason: String, retryIn: Duration)
    /// The venue asked us not to connect for this long, until `until`; `disconnected` follows.
    case heldOff(by: Duration, until: UnixNanoseconds)
    case progress(CaptureTotals)
    /// A second connection was subscribed while another one carries the feed.
    case spareSubscribed
    /// A connection failed or ended while another one carries the feed.
    case spareLost(reason: String, retryIn: Duration)
    /// A new connection has taken over without a gap; the old one is being closed.
    case renewed
    /// Nothing can be stored; what arrives now is missing from the recording unless the journal still has it.
    case paused(reason: String)
    case resumed
    /// The recording continues in another file.
    case rotated(file: String)
    /// The next file could not be begun; the recording stays in the present file and retries.
    case rotationFailed(reason: String)
    /// A file was deleted, moved or replaced while it was being written; `reason` says how that was handled.
    case fileLost(reason: String)
    /// A finished file could not be sealed; this run retries, and so does the next recorder.
    case sealingFailed(reason: String)
    /// A file that could not be sealed earlier has been sealed.
    case sealed(file: String)
    /// Another program holds the recording locked: messages wait in the journal, and when it is full, venues wait.
    case lockedOut(reason: String)
    /// Data over the retention limits was removed from a finished file.
    case pruned(PruneOutcome)
    /// Pruning failed; it is retried after the next rotation.
    case pruningFailed(reason: String)
    /// A reader holds a transaction, so the write-ahead log cannot shrink; it has this size now.
    case logHeld(bytes: Int64)
    /// The write-ahead log is short again.
    case logFreed
    /// The journal's condition has changed: whether it takes messages.
    case journal(Journal.Condition)
    /// Storing cannot keep up: until it does, sockets are not read or messages are dropped, by the rule.
    case overloaded(OverloadRule)
    /// Storing keeps up again: the venue waited this long in total, or this many messages were dropped.
    case caughtUp(waited: Duration, leftOut: Int64)
    /// A transaction was stored; `waiting` is the number of queued pieces of work.
    case committed(took: Duration, waiting: Int)
    /// Data is missing from now on, or was found to be missing.
    case gapBegan(cause: String)
    case gapEnded(cause: String)
    /// The market is closed: no data is expected until it opens; `nil` if no opening is in sight.
    case marketClosed(opensAt: UnixNanoseconds?)
    case marketOpened(closesAt: UnixNanoseconds?)
    /// The kernel's report on its clock was stored.
    case clockSampled(KernelClockReading)
    /// The wall clock was set forwards, or backwards if negative.
    case clockStepped(Duration)
}

/// An error that ends a recording.
package struct RecordingError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension FeedConfiguration {
    /// The longest text of a venue that is shown and stored, in characters.
    static let safeTextMax = 500

    /// Returns a text of the venue or the network without secrets, so that it can be shown and stored; the text is cut
    /// after a word that announces a secret, and after ``safeTextMax`` characters.
    func safe(_ text: String) -> String {
        // Cut last: a cut could leave a part of a secret, which is not found.
        let clean = venue.withoutSecrets(text, known: secrets.known)
        let end = clean.index(clean.startIndex, offsetBy: Self.safeTextMax, limitedBy: clean.endIndex)
        guard let end, end < clean.endIndex else { return clean }
        return clean[..<end] + "…"
    }
}
