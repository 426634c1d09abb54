import Archive
import MarketModel
import Recording
import Transport

/// The words of a recorder's report: an event for the structured log, and a sentence for people.
struct ReportWords {
    /// An event of the log.
    struct Event {
        let level: LogLevel
        let name: String
        let facts: KeyValuePairs<String, LogValue?>
    }

    /// `nil` if the log does not have this report.
    let event: Event?
    /// `nil` if people do not get this report.
    let sentence: String?

    /// A report that another one already covers, or that is only counted.
    static let none = ReportWords(event: nil, sentence: nil)

    private init(event: Event?, sentence: String?) {
        (self.event, self.sentence) = (event, sentence)
    }

    init(
        _ level: LogLevel,
        _ name: String,
        _ facts: KeyValuePairs<String, LogValue?> = [:],
        sentence: String? = nil
    ) {
        self.init(event: Event(level: level, name: name, facts: facts), sentence: sentence)
    }

    /// A delay for people: in milliseconds, or in seconds with one decimal place.
    static func text(of delay: Duration) -> String {
        let milliseconds = delay / .milliseconds(1)
        return milliseconds < 1000 ? "\(Int(milliseconds)) ms" : "\((milliseconds / 100).rounded() / 10) s"
    }
}

extension RecorderReport {
    /// The words of this report from `feed`, whose name is empty if the report concerns no feed.
    func words(feed name: String) -> ReportWords {
        let feed = name.isEmpty ? nil : LogValue.text(name)
        switch self {
        case .connected(let url, let info):
            let security = [info.tlsVersion, info.cipher].compactMap { $0 }.joined(separator: " ")
            return ReportWords(
                .info,
                "connected",
                [
                    "feed": feed, "url": .text(url), "remote": info.remoteAddress.map(LogValue.text),
                    "tls": info.tlsVersion.map(LogValue.text), "cipher": info.cipher.map(LogValue.text),
                ],
                sentence: "connected to \(url)" + (security.isEmpty ? "" : " (\(security))")
            )
        case .subscribed:
            return ReportWords(.info, "subscribed", ["feed": feed], sentence: "subscribed, recording")
        case .disconnected(let reason, let delay):
            return ReportWords(
                .warning,
                "disconnected",
                ["feed": feed, "reason": .text(reason), "retry_in": .duration(delay)],
                sentence: "disconnected: \(reason); retrying in \(ReportWords.text(of: delay))"
            )
        case .heldOff(let delay, let until):
            return ReportWords(
                .warning,
                "venue asks to wait",
                ["feed": feed, "for": .duration(delay), "until": .text("\(until)")],
                sentence: "warning: the venue asks us not to connect for \(ReportWords.text(of: delay)), until \(until)"
            )
        case .spareSubscribed:
            return ReportWords(
                .info,
                "second connection subscribed",
                ["feed": feed],
                sentence: "a second connection is subscribed"
            )
        case .spareLost(let reason, let delay):
            return ReportWords(
                .warning,
                "second connection lost",
                ["feed": feed, "reason": .text(reason), "retry_in": .duration(delay)],
                sentence: "one of two connections was lost: \(reason); retrying in \(ReportWords.text(of: delay))"
            )
        case .renewed:
            return ReportWords(
                .info,
                "connection renewed",
                ["feed": feed],
                sentence: "a new connection has taken over"
            )
        case .undelivered(let names, isFirst: true, let reason):
            let list = Suggestion.list(names)
            let why = reason.map { ": \($0)" } ?? "; check the names"
            return ReportWords(
                .warning,
                "nothing has arrived",
                [
                    "feed": feed, "of": .text(list), "count": .integer(Int64(names.count)),
                    "reason": reason.map(LogValue.text),
                ],
                sentence: "warning: nothing has arrived for \(list)\(why)"
            )
        case .undelivered([], _, _):
            return ReportWords(
                .info,
                "everything has arrived",
                ["feed": feed],
                sentence: "everything that was asked for has arrived"
            )
        case .notice(let text):
            return ReportWords(
                .warning,
                "notice",
                ["feed": feed, "text": .text(text)],
                sentence: "warning: \(text)"
            )
        case .refused(let name, let reason):
            return ReportWords(
                .warning,
                "refused",
                ["feed": feed, "name": .text(name), "reason": .text(reason)],
                sentence: "warning: the venue refused '\(name)': \(reason)"
            )
        case .gapBegan(let cause):
            return ReportWords(
                .warning,
                "gap began",
                ["feed": feed, "cause": .text(cause)],
                sentence: GapCause(rawValue: cause)?.sentenceOfBeginning
            )
        case .gapEnded(let cause):
            let isUpstream = cause == GapCause.upstream.rawValue
            return ReportWords(
                .info,
                "gap ended",
                ["feed": feed, "cause": .text(cause)],
                sentence: isUpstream ? "the venue has a connection to its source again" : nil
            )
        case .marketClosed(let opensAt):
            let opening = opensAt.map { "it opens at \($0)" } ?? "the next opening is not known"
            return ReportWords(
                .info,
                "market closed",
                ["feed": feed, "opens_at": opensAt.map { .text("\($0)") }],
                sentence: "the market is closed; \(opening)"
            )
        case .marketOpened(let closesAt):
            return ReportWords(
                .info,
                "market opened",
                ["feed": feed, "closes_at": closesAt.map { .text("\($0)") }],
                sentence: "the market is open"
            )
        case .overloaded(let rule):
            let consequence = rule == .drop ? "messages are left out" : "the venue has to wait"
            return ReportWords(
                .error,
                "overloaded",
                ["feed": feed, "rule": .text(rule.rawValue)],
                sentence: "warning: storing cannot keep up; \(consequence)"
            )
        case .caughtUp(let waited, let leftOut):
            let result =
                leftOut > 0
                ? "\(Counted.text(leftOut, "message was", "messages were")) left out"
                : "the venue had to wait \(ReportWords.text(of: waited)) in total"
            return ReportWords(
                .info,
                "caught up",
                ["feed": feed, "waited": .duration(waited), "left_out": .integer(leftOut)],
                sentence: "storing keeps up again; \(result)"
            )
        case .paused, .lockedOut, .resumed, .rotated, .fileLost, .rotationFailed, .sealingFailed, .sealed, .pruned,
            .pruningFailed, .logHeld, .logFreed, .journal, .clockStepped, .clockSampled:
            return wordsOfStorage
        case .undelivered, .progress, .committed:
            return .none
        }
    }

    /// The words of a report about files or the clock.
    private var wordsOfStorage: ReportWords {
        switch self {
        case .paused(let reason):
            return ReportWords(
                .error,
                "storing paused",
                ["reason": .text(reason)],
                sentence: "paused: \(reason); messages are left out until they can be stored"
            )
        case .lockedOut(let reason):
            return ReportWords(
                .warning,
                "storing held up",
                ["reason": .text(reason)],
                sentence: "warning: \(reason); messages wait until the lock is released"
            )
        case .resumed:
            return ReportWords(.info, "storing resumed", sentence: "resumed: messages are stored again")
        case .rotated(let file):
            return ReportWords(
                .info,
                "file started",
                ["file": .text(file)],
                sentence: "recording into '\(file)'"
            )
        case .fileLost(let reason):
            return ReportWords(.error, "file lost", ["reason": .text(reason)], sentence: "error: \(reason)")
        case .rotationFailed(let reason):
            return ReportWords(
                .warning,
                "file not started",
                ["reason": .text(reason)],
                sentence: "warning: cannot start a new file yet: \(reason)"
            )
        case .sealingFailed(let reason):
            return ReportWords(
                .warning,
                "sealing failed",
                ["reason": .text(reason)],
                sentence: "warning: \(reason); it will be retried"
            )
        case .sealed(let file):
            return ReportWords(.info, "sealed", ["file": .text(file)], sentence: "sealed '\(file)' now")
        case .pruned(let outcome):
            let line = PruneCommand.line(of: outcome, isDryRun: false)
            return ReportWords(.info, "pruned", ["what": .text(line)], sentence: "pruned: \(line)")
        case .pruningFailed(let reason):
            return ReportWords(
                .warning,
                "pruning failed",
                ["reason": .text(reason)],
                sentence: "warning: nothing was pruned: \(reason)"
            )
        case .logHeld(let bytes):
            return ReportWords(
                .warning,
                "write-ahead log held by a reader",
                ["bytes": .integer(bytes)],
                sentence: "warning: a reader keeps a transaction open, so the write-ahead log grows "
                    + "(\(bytes >> 20) MiB); end that query or program, or feedrec will start a new file"
            )
        case .logFreed:
            return ReportWords(
                .info,
                "write-ahead log small again",
                sentence: "the write-ahead log has shrunk again"
            )
        case .journal(let condition):
            return Self.words(of: condition)
        case .clockStepped(let step):
            return ReportWords(
                .warning,
                "clock stepped",
                ["by": .duration(step)],
                sentence: "warning: the wall clock was changed by \(step / .seconds(1)) s"
            )
        case .clockSampled(let reading):
            return ReportWords(
                .debug,
                "clock sampled",
                [
                    "offset": .duration(reading.offset), "error": .duration(reading.error),
                    "synchronized": .boolean(reading.isSynchronized),
                ]
            )
        default:
            return .none
        }
    }

    private static func words(of condition: Journal.Condition) -> ReportWords {
        switch condition {
        case .good:
            ReportWords(.info, "journal works again", sentence: "the journal works again")
        case .full(bytesMax: let bytesMax):
            ReportWords(
                .error,
                "journal full",
                ["limit_bytes": .integer(Int64(bytesMax))],
                sentence: "warning: the journal is full (\(bytesMax >> 20) MiB); until there is space, 'kill -9' loses "
                    + "messages"
            )
        case .failed(let error):
            ReportWords(
                .error,
                "journal failed",
                ["reason": .text("\(error)")],
                sentence: "warning: the journal cannot grow (\(error)); until it can, 'kill -9' loses messages"
            )
        }
    }
}

extension GapCause {
    /// A sentence for people; `nil` if a sentence about the connection or the storage says enough.
    fileprivate var sentenceOfBeginning: String? {
        switch self {
        case .sequence: "warning: the venue skipped sequence numbers, see 'feedrec info'"
        case .checksum: "warning: the checksum of an order book differs; the venue is asked for a new snapshot"
        case .upstream: "warning: the venue has no connection to its source; nothing arrives until it has one"
        default: nil
        }
    }
}
