import MarketModel
import Recording

/// A recorder's status, for people.
package struct StatusReport {
    private let status: StatusDocument

    package init(status: StatusDocument) {
        self.status = status
    }

    /// A latency above this many seconds is not a slow network but a wrong clock.
    private static let latencySecondsMax = 60.0

    /// The lines for a terminal, without escapes.
    package var lines: [String] {
        var lines = [
            "recording into '\(status.file ?? status.archive)' for \(Self.time(status.uptimeSeconds)) "
                + "(process \(status.process), feedrec \(status.version))"
        ]
        for problem in status.problems { lines.append((problem.isFatal ? "FAILING: " : "PROBLEM: ") + problem.text) }
        for feed in status.feeds { lines += self.lines(of: feed) }
        return lines + storage
    }

    private func lines(of feed: StatusDocument.Feed) -> [String] {
        let isClockOff = feed.latencySeconds.map { $0.magnitude > Self.latencySecondsMax || $0 < -1 } ?? false
        let latency = isClockOff ? nil : feed.latencySeconds
        var lines = [
            "\(feed.name): \(feed.state) for \(Self.time(feed.stateSeconds)), "
                + "\(Counted.text(feed.messagesReceived, "message")), \(feed.messagesPerSecond)/s"
                + (feed.lastMessageAgeSeconds.map { ", last \(Self.time($0)) ago" } ?? "")
                + (latency.map { ", latency \(Self.signed($0))" } ?? "")
        ]
        if feed.state == FeedState.closed.rawValue {
            let opening = feed.marketOpensAt.map { "market opens at \($0)" } ?? "the next opening is not known"
            lines.append("  \(opening); the connection is \(feed.connectionState)")
        }
        if isClockOff, let difference = feed.latencySeconds {
            lines.append(
                "  the venue's clock is \(Self.time(difference.magnitude)) \(difference > 0 ? "slow" : "fast"): check both "
                    + "clocks, and the feed's time zone if it has one; a simulator sends the times of its tape"
            )
        }
        if let failures = Self.failures(of: feed) {
            lines.append("  \(failures)" + (feed.lastFailure.map { "; last: \($0)" } ?? ""))
        }
        if let seconds = feed.nextAttemptSeconds {
            lines.append(
                "  next attempt in \(Self.time(seconds))" + (feed.heldOffSeconds == nil ? "" : ", as the venue asked")
            )
        }
        if !feed.gaps.isEmpty {
            let gaps = feed.gaps.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            lines.append("  gaps: \(gaps)" + (feed.openGap.map { "; open: \($0)" } ?? ""))
        }
        return lines
    }

    /// `disconnected 2 times, 3 failed attempts`; `nil` if nothing has failed.
    private static func failures(of feed: StatusDocument.Feed) -> String? {
        let attempts = feed.failedAttempts ?? 0
        var parts: [String] = []
        if feed.disconnections > 0 { parts.append("disconnected \(times(feed.disconnections))") }
        if attempts > 0 { parts.append(Counted.text(attempts, "failed attempt")) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private var storage: [String] {
        var facts: [String] = []
        if let bytes = status.journalBytes {
            let limit = status.journalLimitBytes.map { " of \(Self.size($0))" } ?? ""
            facts.append("journal \(Self.size(bytes))\(limit)")
        }
        if let bytes = status.walBytes { facts.append("WAL \(Self.size(bytes))") }
        if let seconds = status.commitP99Seconds { facts.append("commits p99 under \(Self.time(seconds))") }
        if let bytes = status.residentBytes { facts.append("memory \(Self.size(bytes))") }
        if let bytes = status.diskFreeBytes { facts.append("disk \(Self.size(bytes)) free") }
        var lines = [facts.joined(separator: ", ")]
        if let offset = status.clockOffsetSeconds, let error = status.clockErrorSeconds {
            let state = status.isClockSynchronized == true ? "" : ", not synchronised"
            let steps = status.clockSteps > 0 ? ", set \(Self.times(status.clockSteps))" : ""
            lines.append("clock offset \(Self.signed(offset)), error at most \(Self.time(error))\(state)\(steps)")
        }
        return lines
    }

    private static func times(_ count: some BinaryInteger) -> String { count == 1 ? "once" : "\(count) times" }

    private static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: "\(Int((seconds * 1000).rounded())) ms"
        case ..<120: "\((seconds * 10).rounded() / 10) s"
        case ..<7200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(min(seconds / 86_400, 1e9))) days"
        }
    }

    /// The time with its sign, in the unit of ``time(_:)``; times under a second to the microsecond.
    private static func signed(_ seconds: Double) -> String {
        guard seconds.magnitude < 1 else { return (seconds > 0 ? "+" : "-") + time(seconds.magnitude) }
        let milliseconds = (seconds * 1_000_000).rounded() / 1000
        return (milliseconds > 0 ? "+" : "") + "\(milliseconds) ms"
    }

    private static func size(_ bytes: Int64) -> String {
        let units: [(String, Double)] = [("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024)]
        for (name, unit) in units where Double(bytes) >= unit {
            return "\((Double(bytes) / unit * 10).rounded() / 10) \(name)"
        }
        return "\(bytes) B"
    }
}
