/// A recorder's status, for a person.
struct StatusReport {
    let status: StatusDocument

    var lines: [String] {
        var lines = [
            "recording into '\(status.file ?? status.archive)' for \(Self.time(status.uptimeSeconds)) "
                + "(process \(status.process), feedrec \(status.version))"
        ]
        if let halt = status.halt { lines.append("HALTED: \(halt)") }
        if status.idleSeconds >= MetricsServer.hangingAfter / .seconds(1) {
            lines.append("HANGS: it has not looked after its feeds for \(Self.time(status.idleSeconds))")
        }
        for feed in status.feeds { lines += self.lines(of: feed) }
        return lines + storage
    }

    private func lines(of feed: StatusDocument.Feed) -> [String] {
        var lines = [
            "\(feed.name): \(feed.state) for \(Self.time(feed.stateSeconds)), "
                + "\(feed.messagesReceived) messages, \(feed.messagesPerSecond)/s"
                + (feed.lastMessageAgeSeconds.map { ", last \(Self.time($0)) ago" } ?? "")
                + (feed.latencySeconds.map { ", latency \(Self.signed($0))" } ?? "")
        ]
        if feed.disconnections > 0 {
            let times = feed.disconnections == 1 ? "once" : "\(feed.disconnections) times"
            lines.append("  disconnected \(times)" + (feed.lastFailure.map { "; last: \($0)" } ?? ""))
        }
        if !feed.gaps.isEmpty {
            let gaps = feed.gaps.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            lines.append("  gaps: \(gaps)" + (feed.openGap.map { "; open: \($0)" } ?? ""))
        }
        return lines
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
            let steps = status.clockSteps > 0 ? ", set \(status.clockSteps) times" : ""
            lines.append("clock offset \(Self.signed(offset)), error at most \(Self.time(error))\(state)\(steps)")
        }
        return lines
    }

    private static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: "\(Int((seconds * 1000).rounded())) ms"
        case ..<120: "\((seconds * 10).rounded() / 10) s"
        case ..<7200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(seconds / 86_400)) days"
        }
    }

    /// In milliseconds, with its sign.
    private static func signed(_ seconds: Double) -> String {
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
