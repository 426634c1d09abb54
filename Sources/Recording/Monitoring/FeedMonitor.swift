package import MarketModel
import Synchronization

/// Where a feed stands.
package enum FeedState: String, Sendable, Hashable, CaseIterable {
    case connecting
    /// Connected, and what was asked for is not acknowledged yet.
    case subscribing
    case recording
    /// Disconnected, until the next attempt.
    case waiting
    /// The market is closed: nothing is expected, whether the feed is connected or not.
    case closed
    case stopped

    /// True where all is well: data should be flowing, or there is none to flow.
    package var isUp: Bool { self == .recording || self == .closed }
}

/// What the market of a feed does.
package struct MarketFigures: Sendable, Hashable {
    package var isOpen: Bool
    /// When it came to that, on the recorder's own clock.
    package var since: Duration
    /// When that changes, on the wall clock; `nil` if no change is in sight.
    package var until: UnixNanoseconds?

    package init(isOpen: Bool, since: Duration, until: UnixNanoseconds?) {
        (self.isOpen, self.since, self.until) = (isOpen, since, until)
    }
}

/// How one feed does: figures for metrics and status.
package struct FeedFigures: Sendable, Hashable {
    /// Where the connection stands.
    package var connectionState = FeedState.connecting
    /// When it came to that, on the recorder's own clock.
    package var connectionStateSince: Duration = .zero
    /// `nil` for a feed whose market has not closed since the start.
    package var market: MarketFigures?
    package var totals = CaptureTotals()
    /// Connections that were opened.
    package var connections: Int64 = 0
    /// Attempts that failed, or connections that were lost.
    package var disconnections: Int64 = 0
    package var lastFailure: String?
    /// When the next attempt to connect follows, while the feed waits for it; on the recorder's own clock.
    package var nextAttempt: Duration?
    /// Until when the venue asked for no attempt; on the same clock.
    package var heldOffUntil: Duration?
    /// When the last message came, and the last that carried data; on the recorder's own clock.
    package var lastMessage: Duration?
    package var lastData: Duration?
    /// Gaps by their cause.
    package var gaps: [String: Int64] = [:]
    /// The causes of the gaps that are open, the first one first.
    package var openGaps: [String] = []
    /// What was asked for and has not arrived although there was time for it.
    package var undelivered: [String] = []
    /// Over about the last ten seconds.
    package var messagesPerSecond: Double = 0

    package init() {}

    /// Where the feed stands: closed while its market is, whatever its connection does.
    package var state: FeedState { isMarketClosed ? .closed : connectionState }
    package var isMarketClosed: Bool { market?.isOpen == false }

    package var stateSince: Duration {
        guard let market else { return connectionStateSince }
        return market.isOpen ? max(connectionStateSince, market.since) : market.since
    }
}

/// Holds the figures of one feed between who makes them, a batch at a time, and who shows them.
package final class FeedMonitor: Sendable {
    private struct Guarded {
        var figures = FeedFigures()
        var sampledAt: Duration?
        var sampledMessages: Int64 = 0
        /// How much time the rate covers: it begins at the first message.
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
    /// The rate is a mean that forgets within about ten seconds. While less time has passed since the first message, it is
    /// the mean over that time.
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
