import JSONScanning
import MarketModel
import Recording
import Synchronization

/// Reports the progress of a recording to the person at the terminal, or to the log.
final class RecordingReporter: Sendable {
    private let hasConnected = Atomic<Bool>(false)
    /// How often a file was deleted or moved while it was being written.
    private let losses = Atomic<Int>(0)
    private let file: String?
    /// The structured log, if it is used instead of sentences.
    private let log: RecordingLog?
    /// Counts progress reports.
    ///
    /// There are four per second.
    private let tick = Atomic<Int>(0)
    /// Names that never delivered anything, by feed.
    private let undelivered = Mutex<[String: [String]]>([:])
    /// Names that the venue refused, by feed.
    private let refused = Mutex<[String: [String]]>([:])

    /// Makes a reporter.
    ///
    /// It prints the name of `file` when the recording starts.
    init(file: String? = nil, log: RecordingLog? = nil) {
        self.file = file
        self.log = log
    }

    /// Reports that the recorder has been set up.
    func started(feeds: [String], metrics: String?) {
        if let log { return log.started(file: file, feeds: feeds, metrics: metrics) }
        if let metrics { line("metrics on \(metrics)") }
    }

    /// Forgets the missing names of a feed that has been removed.
    func forget(_ feed: String) {
        undelivered.withLock { $0[feed] = nil }
        refused.withLock { $0[feed] = nil }
    }

    func report(_ report: RecorderReport, feed: String = "") {
        if case .undelivered(let names, _, _) = report { undelivered.withLock { $0[feed] = names } }
        if case .refused(let name, _) = report { refused.withLock { $0[feed, default: []].append(name) } }
        if case .fileLost = report { losses.add(1, ordering: .relaxed) }
        if let log { return log.report(report, feed: feed) }
        if case .progress(let totals) = report { return progress(totals) }
        if let sentence = report.words(feed: feed).sentence { line(sentence) }
        guard case .connected = report, let file, !hasConnected.exchange(true, ordering: .relaxed) else { return }
        line("recording into '\(file)'; Ctrl-C ends it")
    }

    /// Updates the progress line once a second.
    private func progress(_ totals: CaptureTotals) {
        guard tick.add(1, ordering: .relaxed).newValue.isMultiple(of: 4) else { return }
        StandardError.progress("feedrec: \(Self.text(of: totals))")
    }

    func end() {
        StandardError.endProgress()
    }

    /// Prints the summary, and ends with status 3 if data is missing.
    ///
    /// Data is missing if there is a gap, if a file was lost, or if something that was asked for never arrived. `facts`
    /// are additional members of the JSON result.
    func finish(_ summary: RecordingOutcome, json: Bool, facts: [(name: String, json: String)] = []) throws {
        let undelivered = undelivered.withLock { $0.values.flatMap(\.self).sorted() }
        let refused = refused.withLock { $0.values.flatMap(\.self).sorted() }
        let totals = summary.totals
        if json {
            var output = StandardOutput()
            try output.writeLine(Self.json(of: summary, facts, undelivered: undelivered, refused: refused))
            try output.flush()
        }
        if let log {
            log.ended(summary)
        } else {
            tell(summary)
        }
        var missing: [String] = []
        if losses.load(ordering: .relaxed) > 0 {
            missing.append("a file was deleted or moved while it was being written, see above")
        }
        if totals.gaps > 0 { missing.append("\(Counted.text(totals.gaps, "gap")), see 'feedrec info'") }
        if !undelivered.isEmpty { missing.append("nothing arrived for \(Suggestion.list(undelivered))") }
        if !refused.isEmpty { missing.append("the venue refused \(Suggestion.list(refused))") }
        guard missing.isEmpty else {
            let line = "data is missing: \(missing.joined(separator: "; "))"
            throw EndedEarly(status: ExitStatus.dataMissing, line: log == nil ? line : nil)
        }
    }

    private func tell(_ summary: RecordingOutcome) {
        let totals = summary.totals
        line("ended (\(summary.cause.rawValue)): \(Self.text(of: totals))")
        if totals.lateTicks > 0 {
            line("warning: \(Counted.text(totals.lateTicks, "tick")) arrived too late for the bars")
        }
    }

    private func line(_ text: String) {
        StandardError.endProgress()
        StandardError.write("feedrec: \(text)")
    }

    private static func text(of totals: CaptureTotals) -> String {
        var parts = ["\(Counted.text(totals.messagesReceived, "message")) received"]
        for (count, name) in [
            (totals.quotes, "quote"), (totals.trades, "trade"), (totals.marginUpdates, "margin update"),
            (totals.orderUpdates, "order update"), (totals.venueBars, "venue bar"), (totals.redacted, "redacted"),
            (totals.bars, "bar"), (totals.events, "event"), (totals.oddities, "oddity"), (totals.gaps, "gap"),
        ] where count > 0 {
            let many = name == "redacted" ? name : name == "oddity" ? "oddities" : nil
            parts.append(Counted.text(count, name, many))
        }
        return parts.joined(separator: ", ")
    }

    private static func json(
        of summary: RecordingOutcome,
        _ facts: [(name: String, json: String)],
        undelivered: [String],
        refused: [String]
    ) -> String {
        let totals = summary.totals
        var object = JSONObjectWriter()
        object.text("file", summary.file.isEmpty ? nil : summary.file)
        object.text("end_cause", summary.cause.rawValue)
        for (name, count) in [
            ("messages_received", totals.messagesReceived), ("messages_sent", totals.messagesSent),
            ("data_messages", totals.dataMessages), ("quotes", totals.quotes), ("trades", totals.trades),
            ("margin_updates", totals.marginUpdates),
            ("duplicates", totals.duplicates),
            ("order_updates", totals.orderUpdates), ("venue_bars", totals.venueBars),
            ("redacted", totals.redacted), ("bars", totals.bars), ("events", totals.events),
            ("oddities", totals.oddities),
            ("late_ticks", totals.lateTicks), ("ticks_ahead", totals.ticksAhead), ("gaps", totals.gaps),
        ] {
            object.integer(name, count)
        }
        object.raw("undelivered", JSONText.list(undelivered))
        object.raw("refused", JSONText.list(refused))
        for fact in facts { object.raw(fact.name, fact.json) }
        return object.text()
    }
}
