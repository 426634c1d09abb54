package import MarketModel
import Synchronization

/// The state of a feed.
package enum FeedState: String, Sendable, Hashable, CaseIterable {
    case connecting
    /// Connected, but the subscription is not acknowledged yet.
    case subscribing
    case recording
    /// Disconnected, waiting for the next attempt.
    case waiting
    /// The market is closed: no data is expected, whether the feed is connected or not.
    case closed
    case stopped

    /// True if data should be flowing, or if none is expected.
    package var isUp: Bool { self == .recording || self == .closed }
}

/// The state of a feed's market.
package struct MarketFigures: Sendable, Hashable {
    package var isOpen: Bool
    /// When the market opened or closed, on the recorder's monotonic clock.
    package var since: Duration
    /// When the market will change, on the wall clock; `nil` if no change is in sight.
    package var until: UnixNanoseconds?

    package init(isOpen: Bool, since: Duration, until: UnixNanoseconds?) {
        (self.isOpen, self.since, self.until) = (isOpen, since, until)
    }
}

/// The figures of one feed, for metrics and status.
package struct FeedFigures: Sendable, Hashable {
    /// The state of the connection.
    package var connectionState = FeedState.connecting
    /// When the connection entered this state, on the recorder's monotonic clock.
    package var connectionStateSince: Duration = .zero
    /// `nil` if the feed's market has not closed since the start.
    package var market: MarketFigures?
    package var totals = CaptureTotals()
    /// The number of connections that were opened.
    package var connections: Int64 = 0
    /// The number of connections that were lost or closed.
    package var disconnections: Int64 = 0
    /// The number of attempts that made no connection.
    package var failedAttempts: Int64 = 0
    package var lastFailure: String?
    /// When the next attempt to connect follows, on the recorder's monotonic clock; `nil` if none is pending.
    package var nextAttempt: Duration?
    /// Until when the venue asked us not to connect, on the same clock.
    package var heldOffUntil: Duration?
    /// When the last message arrived, and the last one with data, on the recorder's monotonic clock.
    package var lastMessage: Duration?
    package var lastData: Duration?
    /// The number of gaps, by cause.
    package var gaps: [String: Int64] = [:]
    /// The causes of the open gaps, the oldest first.
    package var openGaps: [String] = []
    /// Names that were requested but have not arrived after the delivery time-out.
    package var undelivered: [String] = []
    /// Names that the venue refused, and its reasons.
    package var refused: [String: String] = [:]
    /// The average over about the last ten seconds.
    package var messagesPerSecond: Double = 0

    package init() {}

    /// The state of the feed: closed while its market is closed, whatever the connection's state.
    package var state: FeedState { isMarketClosed ? .closed : connectionState }
    package var isMarketClosed: Bool { market?.isOpen == false }

    /// Counts the end of a connection, or an attempt that made none.
    package mutating func countEnd() {
        switch connectionState {
        case .subscribing, .recording: disconnections += 1
        case .connecting, .waiting, .closed, .stopped: failedAttempts += 1
        }
    }

    package var stateSince: Duration {
        guard let market else { return connectionStateSince }
        return market.isOpen ? max(connectionStateSince, market.since) : market.since
    }
}

/// Holds the figures of one feed: the recorder updates them once per batch, and status and metrics read them.
package final class FeedMonitor: Sendable {
    private struct Guarded {
        var figures = FeedFigures()
        var sampledAt: Duration?
        var sampledMessages: Int64 = 0
        /// The time that the rate covers: it begins with the first message.
        var covered: Duration = .zero
    }

    package let name: String
    package let venue: String
    package let url: String
    private let guarded = Mutex(Guarded())

    package init(name: String, venue: String, url: String) {
        self.name = name
        self.venue = venue
        self.url = url
    }

    package var figures: FeedFigures { guarded.withLock(\.figures) }

    package func update(_ body: (inout FeedFigures) -> Void) {
        guarded.withLock { body(&$0.figures) }
    }

    package func enter(_ state: FeedState, at uptime: Duration) {
        update { figures in
            guard figures.connectionState != state else { return }
            figures.connectionState = state
            figures.connectionStateSince = uptime
        }
    }

    /// Measures the rate; call it about once a second.
    ///
    /// The rate is a moving average over about ten seconds. If less time has passed since the first message, it is the
    /// average over that time.
    package func sample(at uptime: Duration) {
        guarded.withLock { guarded in
            let messages = guarded.figures.totals.messagesReceived
            defer {
                guarded.sampledAt = uptime
                guarded.sampledMessages = messages
            }
            guard let before = guarded.sampledAt, uptime > before, messages > 0 else { return }
            guarded.covered += uptime - before
            let seconds = (uptime - before) / .seconds(1)
            let rate = Double(messages - guarded.sampledMessages) / seconds
            let weight = min(1, seconds / min(10, guarded.covered / .seconds(1)))
            guarded.figures.messagesPerSecond += (rate - guarded.figures.messagesPerSecond) * weight
        }
    }
}
