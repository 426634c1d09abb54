import Recording
import Synchronization
import Telemetry
import Venues

/// Updates the figures of feeds from their reports, and passes the reports on to the reporter.
final class FeedObservers: Sendable {
    private let monitor: RecorderMonitor
    private let reporter: RecordingReporter

    init(monitor: RecorderMonitor, reporter: RecordingReporter) {
        self.monitor = monitor
        self.reporter = reporter
    }

    /// Returns the feed, with its reports directed here.
    ///
    /// It replaces an earlier feed of the same name.
    func observed(_ feed: FeedConfiguration) -> FeedConfiguration {
        forget([feed.name])
        let figures = FeedMonitor(name: feed.name, venue: feed.venue.name, url: feed.url)
        monitor.add(figures)
        for notice in feed.notices { reporter.report(.notice(notice), feed: feed.name) }
        let isAcknowledged = feed.watch.ackTimeout != nil
        var feed = feed
        feed.report = { [monitor, reporter, name = feed.name] report in
            monitor.note(report, of: figures, isAcknowledged: isAcknowledged)
            reporter.report(report, feed: name)
        }
        return feed
    }

    func forget(_ names: [String]) {
        for feed in monitor.feeds where names.contains(feed.name) { monitor.remove(feed) }
        for name in names { reporter.forget(name) }
    }

    /// Handles reports that belong to no feed.
    @Sendable
    func note(_ report: RecorderReport) {
        switch report {
        case .committed(let duration, let waiting):
            monitor.update { storage in
                storage.commits.record(duration)
                storage.queueDepth = waiting
            }
        case .clockSampled(let reading): monitor.update { $0.clock = reading }
        case .clockStepped: monitor.update { $0.clockSteps += 1 }
        case .paused(let reason), .lockedOut(let reason): monitor.update { $0.halt = reason }
        case .resumed: monitor.update { $0.halt = nil }
        case .fileLost(let reason): monitor.update { $0.loss = reason }
        case .rotated(let file): monitor.update { $0.file = file }
        default: break
        }
        reporter.report(report)
    }
}

extension RecorderMonitor {
    /// Updates the figures of a feed from a report.
    ///
    /// Reports arrive at least four times a second.
    ///
    /// If the venue acknowledges nothing, the feed counts as subscribed as soon as it is connected.
    func note(_ report: RecorderReport, of feed: FeedMonitor, isAcknowledged: Bool) {
        let uptime = uptime()
        update { $0.tickedAt = uptime }
        switch report {
        case .connected:
            feed.enter(isAcknowledged ? .subscribing : .recording, at: uptime)
            feed.update { figures in
                figures.connections += 1
                figures.nextAttempt = nil
            }
        case .subscribed: feed.enter(.recording, at: uptime)
        case .heldOff(let delay, _): feed.update { $0.heldOffUntil = uptime + delay }
        case .disconnected(let reason, let delay):
            feed.enter(.waiting, at: uptime)
            feed.update { figures in
                figures.disconnections += 1
                figures.lastFailure = reason
                figures.nextAttempt = uptime + delay
            }
        case .progress(let totals):
            feed.update { figures in
                if totals.messagesReceived != figures.totals.messagesReceived { figures.lastMessage = uptime }
                if totals.dataMessages != figures.totals.dataMessages { figures.lastData = uptime }
                figures.totals = totals
            }
        case .gapBegan(let cause):
            feed.update { figures in
                figures.gaps[cause, default: 0] += 1
                if cause != GapCause.sequence.rawValue { figures.openGaps.append(cause) }
            }
        case .undelivered(let names, _, _): feed.update { $0.undelivered = names }
        case .gapEnded(let cause):
            feed.update { figures in figures.openGaps.removeAll { $0 == cause } }
        case .marketClosed(let opensAt):
            feed.update { $0.market = MarketFigures(isOpen: false, since: uptime, until: opensAt) }
        case .marketOpened(let closesAt):
            feed.update { $0.market = MarketFigures(isOpen: true, since: uptime, until: closesAt) }
        default: break
        }
    }
}
