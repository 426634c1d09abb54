import Archive
import JSONScanning
import MarketModel
import Recording
import Synchronization
import Transport

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
    }

    func report(_ report: RecorderReport, feed: String = "") {
        if case .undelivered(let names, _, _) = report { undelivered.withLock { $0[feed] = names } }
        if let log {
            if case .fileLost = report { losses.add(1, ordering: .relaxed) }
            return log.report(report, feed: feed)
        }
        switch report {
        case .connected(let url, let info):
            let security = [info.tlsVersion, info.cipher].compactMap { $0 }.joined(separator: " ")
            line("connected to \(url)" + (security.isEmpty ? "" : " (\(security))"))
            guard let file, !hasConnected.exchange(true, ordering: .relaxed) else { return }
            line("recording into '\(file)'; Ctrl-C ends it")
        case .subscribed:
            line("subscribed, recording")
        case .undelivered(let names, isFirst: true, let reason):
            let why = reason.map { ": \($0)" } ?? "; are the names right?"
            line("warning: nothing has arrived for \(Suggestion.list(names))\(why)")
        case .undelivered([], _, _): line("everything that was asked for has arrived")
        case .undelivered: break
        case .notice(let text):
            line("warning: \(text)")
        case .disconnected(let reason, let delay):
            line("disconnected: \(reason); retrying in \(Self.text(of: delay))")
        case .heldOff(let delay, let until):
            line("warning: the venue asks us not to connect for \(Self.text(of: delay)), until \(until)")
        case .paused(let reason): line("paused: \(reason); messages are left out until they can be stored")
        case .lockedOut(let reason): line("warning: \(reason); messages wait until the lock is released")
        case .resumed: line("resumed: messages are stored again")
        case .rotated(let file): line("recording into '\(file)'")
        case .fileLost(let reason):
            losses.add(1, ordering: .relaxed)
            line("error: \(reason)")
        case .rotationFailed(let reason): line("warning: cannot start a new file yet: \(reason)")
        case .sealingFailed(let reason): line("warning: \(reason); it will be retried")
        case .sealed(let file): line("sealed '\(file)' now")
        case .pruned(let outcome): line("pruned: \(PruneCommand.line(of: outcome, isDryRun: false))")
        case .pruningFailed(let reason): line("warning: nothing was pruned: \(reason)")
        case .logHeld(let bytes):
            line(
                "warning: a reader keeps a transaction open, so the write-ahead log grows (\(bytes >> 20) MiB); end "
                    + "that query or program, or feedrec will start a new file"
            )
        case .logFreed: line("the write-ahead log is small again")
        case .spareSubscribed: line("a second connection is subscribed")
        case .spareLost(let reason, let delay):
            line("one of two connections was lost: \(reason); retrying in \(Self.text(of: delay))")
        case .renewed: line("a new connection has taken over")
        case .journal(.good): line("the journal works again")
        case .journal(.full(bytesMax: let bytesMax)):
            line("warning: the journal is full (\(bytesMax >> 20) MiB); until there is space, 'kill -9' loses messages")
        case .journal(.failed(let error)):
            line("warning: the journal cannot grow (\(error)); until it can, 'kill -9' loses messages")
        case .overloaded(.stopReading): line("warning: storing cannot keep up; the venue has to wait")
        case .overloaded(.drop): line("warning: storing cannot keep up; messages are left out")
        case .caughtUp(_, let leftOut) where leftOut > 0:
            line("storing keeps up again; \(Counted.text(leftOut, "message was", "messages were")) left out")
        case .caughtUp(let waited, _):
            line("storing keeps up again; the venue had to wait \(Self.text(of: waited)) in total")
        case .progress(let totals):
            guard tick.add(1, ordering: .relaxed).newValue.isMultiple(of: 4) else { return }
            StandardError.progress("feedrec: \(Self.text(of: totals))")
        case .gapBegan(let cause) where cause == GapCause.sequence.rawValue:
            line("warning: the venue skipped sequence numbers, see 'feedrec info'")
        case .gapBegan(let cause) where cause == GapCause.upstream.rawValue:
            line("warning: the venue has no connection to its source; nothing arrives until it has one")
        case .gapEnded(let cause) where cause == GapCause.upstream.rawValue:
            line("the venue has a connection to its source again")
        case .marketClosed(let opensAt):
            line("the market is closed; " + (opensAt.map { "it opens at \($0)" } ?? "the next opening is not known"))
        case .marketOpened: line("the market is open")
        case .clockStepped(let step):
            line("warning: the wall clock was set by \(step / .seconds(1)) s")
        // The disconnection and subscription reports already cover these.
        case .gapBegan, .gapEnded, .clockSampled, .committed: break
        }
    }

    func end() {
        StandardError.endProgress()
    }

    /// Prints the summary, and ends with status 3 if data is missing.
    ///
    /// Data is missing if there is a gap, if a file was lost, or if something that was asked for never arrived. `facts`
    /// are additional members of the JSON result.
    func finish(_ summary: RecordingOutcome, json: Bool, facts: [(name: String, count: Int64)] = []) throws {
        let undelivered = undelivered.withLock { $0.values.flatMap(\.self).sorted() }
        let totals = summary.totals
        if json {
            var output = StandardOutput()
            try output.writeLine(Self.json(of: summary, facts, undelivered: undelivered))
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

    private static func text(of delay: Duration) -> String {
        let milliseconds = delay / .milliseconds(1)
        return milliseconds < 1000 ? "\(Int(milliseconds)) ms" : "\((milliseconds / 100).rounded() / 10) s"
    }

    private static func json(
        of summary: RecordingOutcome,
        _ facts: [(name: String, count: Int64)],
        undelivered: [String]
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
        for fact in facts { object.integer(fact.name, fact.count) }
        return object.text()
    }
}
