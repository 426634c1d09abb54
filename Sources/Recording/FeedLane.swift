import Archive
import MarketModel
import Transport
import Venues

/// One of a feed's connections: what belongs to it alone, from the attempt to connect on to the end.
///
/// It belongs to its ``FeedRecorder``, and nobody else touches it. The same lane serves many connections, one after the other.
final class FeedLane {
    /// Its number in the ``Capture``, too.
    let number: Int
    var dialect: any VenueDialect
    var connection: WebSocketConnection?
    var connectionID: Int64?
    /// That of the connection that has ended, until the next attempt.
    var lastConnectionID: Int64?
    var tap: FeedTap?
    /// Bytes of a record without an end that were withheld when the connection ended.
    var withheldBytes = 0
    var watch: FeedWatch
    var isSubscribed = false
    /// On the clock that nobody sets.
    var subscribedAt: Duration?
    /// When the first and the latest data came over this connection; on the same clock.
    var dataTimes: ClosedRange<Duration>?
    /// Duplicates of the feed when the connection began: more of them prove that it overlaps with the other.
    var duplicatesBefore: Int64 = 0
    /// Set when the venue said goodbye: the time at which we stop waiting for its close.
    var hangUpAt: UnixNanoseconds?
    /// False from a goodbye on that did not ask to come back, until the next connection.
    var isReturnWelcome = true
    /// Set when the venue announced that it will close.
    var isLeaving = false
    /// Set while we close it because another has taken over, or is to be made in its place.
    var isClosing = false
    /// Set while we close it because its token was renewed, and no other connection takes over.
    var isPlanned = false
    /// The generation of the token that it was opened with; see ``FeedAccess``.
    var accessGeneration = 0
    /// True while it is to take over from another.
    var isSuccessor = false
    /// Why we cut the connection, where we did.
    var silence: String?
    /// True while the connection is not read on purpose.
    var isHeldBack = false
    var tsKeepAlive: UnixNanoseconds?

    init(number: Int, dialect: any VenueDialect, watch: FeedWatch) {
        self.number = number
        self.dialect = dialect
        self.watch = watch
    }

    /// Begins with a new connection.
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
    }

    /// Data came over the connection.
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
