import Archive
import MarketModel
import Transport
import Venues

/// One of a feed's connections: its state from the attempt to connect to the end.
///
/// Only its ``FeedRecorder`` uses it. A lane serves many connections, one after the other.
final class FeedLane {
    /// Also its number in the ``Capture``.
    let number: Int
    var dialect: any VenueDialect
    var connection: WebSocketConnection?
    var connectionID: Int64?
    /// The id of the connection that has ended, until the next attempt.
    var lastConnectionID: Int64?
    var tap: FeedTap?
    /// Bytes of an unfinished record that were withheld when the connection ended.
    var withheldBytes = 0
    var watch: FeedWatch
    var isSubscribed = false
    /// On the monotonic clock.
    var subscribedAt: Duration?
    /// When the first and the latest data came over this connection, on the monotonic clock.
    var dataTimes: ClosedRange<Duration>?
    /// The feed's duplicates when the connection began: more of them prove that it overlaps with the other connection.
    var duplicatesBefore: Int64 = 0
    /// Set after the venue's goodbye: how long we wait for it to close, on the monotonic clock.
    var hangUpAt: UnixNanoseconds?
    /// False after a goodbye that did not ask us to come back, until the next connection.
    var isReturnWelcome = true
    /// Set when the venue announced that it will close the connection.
    var isLeaving = false
    /// Set while we close the connection because another one has taken over or will replace it.
    var isClosing = false
    /// Set while we close the connection because its token was renewed and no other connection takes over.
    var isPlanned = false
    /// The generation of the token that the connection was opened with; see ``FeedAccess``.
    var accessGeneration = 0
    /// True while the connection is meant to take over from another one.
    var isSuccessor = false
    /// Why we cut the connection, if we did.
    var silence: String?
    /// True while the connection is deliberately not read.
    var isHeldBack = false
    var tsKeepAlive: UnixNanoseconds?
    /// True while messages are on their way to the socket.
    var isSending = false
    let sendingEnded = Condition()
    var bookGaps = BookGaps()
    /// The books with holes, and when the venue was last asked for a snapshot, on the monotonic clock.
    var brokenBooks: [BookIndex: Duration] = [:]
    /// The HTTP requests that wait for their turn.
    var requests = RESTQueue()
    /// When the lists of instruments are requested again, on the monotonic clock.
    var instrumentsDueAt = Duration.zero
    /// The HTTP request under way.
    var fetching: Task<Void, Never>?

    init(number: Int, dialect: any VenueDialect, watch: FeedWatch) {
        self.number = number
        self.dialect = dialect
        self.watch = watch
    }

    /// Prepares the lane for a new connection.
    func begin(_ connection: WebSocketConnection, _ dialect: any VenueDialect, duplicates: Int64) {
        self.connection = connection
        self.dialect = dialect
        isSubscribed = false
        subscribedAt = nil
        dataTimes = nil
        duplicatesBefore = duplicates
        hangUpAt = nil
        isLeaving = false
        isClosing = false
        isPlanned = false
        silence = nil
        requests = RESTQueue()
        brokenBooks = [:]
        bookGaps.endConnection()
    }

    /// Notes data over the connection.
    func dataArrived(at time: Duration) {
        let first = dataTimes?.lowerBound ?? time
        dataTimes = first...max(first, time)
    }

    /// True if the connection has done enough for the back-off to start over.
    func isUseful(at time: Duration) -> Bool {
        guard isSubscribed else { return false }
        if let dataTimes, dataTimes.upperBound - dataTimes.lowerBound >= Reconnecting.usefulAfter { return true }
        return subscribedAt.map { time - $0 >= Reconnecting.steadyAfter } ?? false
    }
}
