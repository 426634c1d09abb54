import RecorderStatus
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
