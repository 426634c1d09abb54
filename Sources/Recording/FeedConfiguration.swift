package import Archive
package import BarBuilding
package import MarketModel
package import Transport
package import Venues

/// One stream to record.
package struct FeedConfiguration: Sendable {
    package var name: String
    package var venue: Venue
    /// Without query and user information: it is stored.
    package var url: String
    /// JSON text of what is asked for, without secrets: it is stored.
    package var subscription: String
    package var barIntervals: [BarInterval]
    /// How messages are read and what of them is kept.
    package var reading = VenueReading()
    /// Texts that appear in no report, no row and no message: the token, for one.
    package var secrets = FeedSecrets()
    /// What a person should know of it before it connects.
    package var notices: [String] = []
    /// Renews the token while the feed records; `nil` if there is nothing to renew.
    package var access: FeedAccess?
    package var watch = WatchRules()
    package var overlap = OverlapRules()
    package var market = MarketRules()
    /// How long to wait between two attempts to connect; the recorder's own where it is not set.
    package var backoff: Backoff?
    /// Hears of this feed alone; the recorder's own where it is not set.
    package var report: (@Sendable (RecorderReport) -> Void)?
    package var makeDialect: @Sendable () -> any VenueDialect
    /// Opens a connection whose received messages go through the tap first.
    package var connect: @Sendable ((any MessageTap)?) async throws(TransportError) -> WebSocketConnection

    /// How long messages of a busy feed, which are in the journal then, gather before they are taken further.
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
/// It is for venues that number their ticks, so that none is stored twice.
package struct OverlapRules: Sendable, Hashable {
    /// Two connections always, instead of only while one takes over from another.
    package var isRedundant = false
    /// A connection of this age is replaced, before the venue cuts it; `nil` leaves it to the venue.
    package var renewAfter: Duration?
    /// For how long both connections run at most where it cannot be seen that the new one has caught up.
    package var handoverMax: Duration = .seconds(30)

    package init() {}

    var isPossible: Bool { isRedundant || renewAfter != nil }
}

/// When a recording ends by itself, and what it does about connections that fail.
package struct RecordingPolicy: Sendable {
    /// End after this many data messages; what arrived together with the last of them is kept too.
    package var dataMessagesMax: Int64?
    /// End when the peer closes, instead of connecting again.
    package var isOnce = false
    /// Go on trying even when no connection ever worked; without it that is an error, since it means a mistake.
    package var retriesFirstConnection = false
    package var backoff = Backoff.standard
    /// After the venue said goodbye without asking to come back.
    package var goodbyeBackoff = Backoff(first: .seconds(10), max: .seconds(120))
    /// The most that a `kill` can cost: rows and blocks are committed this often.
    package var commitInterval: Duration = .milliseconds(250)
    /// What was asked for and has not arrived after this time is reported.
    package var deliveryPatience: Duration = .seconds(60)
    /// How long a closing connection may take.
    package var closeGrace: Duration = .seconds(8)
    /// When another file is begun; `nil` for one file, however long it becomes.
    package var rotation: RotationPolicy?
    package var durability = Durability.process
    /// A write-ahead log that is longer is reported, and again each time it has doubled.
    package var logBytesMax: Int64 = 64 << 20
    package var overload = OverloadRule.stopReading
    /// Room on the disk that is kept for the ledger of gaps.
    package var reserveBytes = 1 << 20

    package init() {}
}

/// What a feed does when storing cannot keep up and the journal's limit is near.
package enum OverloadRule: String, Sendable, Hashable, CaseIterable {
    /// Wait: the sockets are not read, and venues have to wait too. Nothing is lost unless a venue hangs up.
    case stopReading = "stop-reading"
    /// Go on reading and leave out what comes, as a gap.
    case drop
}

/// What a person who watches a recording wants to know.
package enum RecorderReport: Sendable {
    case connected(url: String, info: ConnectionInfo)
    case subscribed
    /// The venue did not do all that it was asked for, and the recording goes on.
    case notice(String)
    /// What was asked for and has not arrived, by name; `isFirst` is true once, later reports say what is left of it.
    case undelivered([String], isFirst: Bool)
    /// The connection failed or ended; the next attempt follows after `retryIn`.
    case disconnected(reason: String, retryIn: Duration)
    /// The venue asked for no attempt to connect for this long, which ends at `until`; the disconnection follows.
    case heldOff(by: Duration, until: UnixNanoseconds)
    case progress(CaptureTotals)
    /// A connection beside another that carries the feed was subscribed.
    case spareSubscribed
    /// A connection failed or ended while another carries the feed.
    case spareLost(reason: String, retryIn: Duration)
    /// A new connection has taken over, with nothing missing; the old one is being closed.
    case renewed
    /// Nothing can be stored; what comes meanwhile is missing from the recording, unless the journal still has it.
    case paused(reason: String)
    case resumed
    /// Another file goes on where the last one ended.
    case rotated(file: String)
    /// The next file could not be begun; the present one goes on, and it is tried again.
    case rotationFailed(reason: String)
    /// A file that is being written was deleted, moved or replaced; `reason` says what was done about it.
    case fileLost(reason: String)
    /// A finished file could not be sealed; it is tried again while we run, and by the next recorder.
    case sealingFailed(reason: String)
    /// A file was sealed that could not be before.
    case sealed(file: String)
    /// Another program holds the recording locked: what is read waits in the journal, and then venues have to wait.
    case lockedOut(reason: String)
    /// A finished file has lost what was over its limit.
    case pruned(PruneOutcome)
    /// It is tried again after the next rotation.
    case pruningFailed(reason: String)
    /// A reader holds a transaction, so that the write-ahead log grows: it needs as much room as this.
    case logHeld(bytes: Int64)
    /// The write-ahead log is short again.
    case logFreed
    /// Whether the journal takes messages.
    case journal(Journal.Condition)
    /// Storing cannot keep up: until it does, the socket is not read, or what comes is left out.
    case overloaded(OverloadRule)
    /// The venue had to wait so long in all, or so many messages were left out.
    case caughtUp(waited: Duration, leftOut: Int64)
    /// A transaction was stored; so many pieces of work wait for the next ones.
    case committed(took: Duration, waiting: Int)
    /// Data is missing from here on, or was found to be missing.
    case gapBegan(cause: String)
    case gapEnded(cause: String)
    /// Nothing is expected of the feed until its market opens; `nil` if no opening is in sight.
    case marketClosed(opensAt: UnixNanoseconds?)
    case marketOpened(closesAt: UnixNanoseconds?)
    /// The kernel's word on its clock has been stored.
    case clockSampled(KernelClockReading)
    /// The wall clock was set, forwards or backwards.
    case clockStepped(Duration)
}

/// A recording that could not go on.
package struct RecordingError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension FeedConfiguration {
    /// A text of the venue or of the network as it may be shown and stored: without the secrets, and cut off behind a
    /// word that announces one.
    func safe(_ text: String) -> String {
        venue.withoutSecrets(text, known: secrets.texts)
    }
}
