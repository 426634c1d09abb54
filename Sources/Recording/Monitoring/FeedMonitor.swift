import Synchronization

/// Where a feed stands.
package enum FeedState: String, Sendable, Hashable, CaseIterable {
    case connecting
    /// Connected, and what was asked for is not acknowledged yet.
    case subscribing
    case recording
    /// Disconnected, until the next attempt.
    case waiting
    case stopped

    /// True where data should be flowing.
    package var isUp: Bool { self == .recording }
}

/// How one feed does: figures for metrics and status.
package struct FeedFigures: Sendable, Hashable {
    package var state = FeedState.connecting
    /// When it came to that, on the recorder's own clock.
    package var stateSince: Duration = .zero
    package var totals = CaptureTotals()
    /// Connections that were opened.
    package var connections: Int64 = 0
    /// Attempts that failed, or connections that were lost.
    package var disconnections: Int64 = 0
    package var lastFailure: String?
    /// When the last message came, and the last that carried data; on the recorder's own clock.
    package var lastMessage: Duration?
    package var lastData: Duration?
    /// Gaps by their cause.
    package var gaps: [String: Int64] = [:]
    /// The cause of the gap that is open.
    package var openGap: String?
    /// Over about the last ten seconds.
    package var messagesPerSecond: Double = 0

    package init() {}
}

/// Holds the figures of one feed between who makes them, a batch at a time, and who shows them.
package final class FeedMonitor: Sendable {
    private struct Guarded {
        var figures = FeedFigures()
        var sampledAt: Duration?
        var sampledMessages: Int64 = 0
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
            guard figures.state != state else { return }
            figures.state = state
            figures.stateSince = uptime
        }
    }

    /// Measures the rate; call it about once a second.
    package func sample(at uptime: Duration) {
        guarded.withLock { guarded in
            let messages = guarded.figures.totals.messagesReceived
            defer {
                guarded.sampledAt = uptime
                guarded.sampledMessages = messages
            }
            guard let before = guarded.sampledAt, uptime > before else { return }
            let seconds = (uptime - before) / .seconds(1)
            let rate = Double(messages - guarded.sampledMessages) / seconds
            // The weight of a second in a mean that forgets within ten.
            let weight = min(1, seconds / 10)
            guarded.figures.messagesPerSecond += (rate - guarded.figures.messagesPerSecond) * weight
        }
    }
}
