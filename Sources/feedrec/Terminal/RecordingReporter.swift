import Archive
import JSONScanning
import MarketModel
import Recording
import Synchronization
import Transport

/// Tells the person at the terminal how a recording goes.
final class RecordingReporter: Sendable {
    private let hasConnected = Atomic<Bool>(false)
    /// How often a file was taken away while it was being written.
    private let losses = Atomic<Int>(0)
    private let file: String?
    /// Where a structured log is wanted instead of sentences.
    private let log: RecordingLog?
    /// How many reports lie between two progress lines: four come a second.
    private let tick = Atomic<Int>(0)
    /// What never arrived, by feed.
    private let undelivered = Mutex<[String: [String]]>([:])

    /// Names `file` once the recording really begins.
    init(file: String? = nil, log: RecordingLog? = nil) {
        self.file = file
        self.log = log
    }

    /// The recorder has been set up.
    func started(feeds: [String], metrics: String?) {
        if let log { return log.started(file: file, feeds: feeds, metrics: metrics) }
        if let metrics { line("metrics on \(metrics)") }
    }

    /// Forgets what a feed had asked for, because the feed is gone.
    func forget(_ feed: String) {
        undelivered.withLock { $0[feed] = nil }
    }

    func report(_ report: RecorderReport, feed: String = "") {
        if case .undelivered(let names, _) = report { undelivered.withLock { $0[feed] = names } }
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
        case .undelivered(let names, isFirst: true):
            line("warning: nothing has arrived of \(Suggestion.list(names)); are the names right?")
        case .undelivered([], _): line("everything that was asked for has arrived")
        case .undelivered: break
        case .notice(let text):
            line("warning: \(text)")
        case .disconnected(let reason, let delay):
            line("disconnected: \(reason); trying again in \(Self.text(of: delay))")
        case .heldOff(let delay, let until):
            line("warning: the venue asks for no attempt to connect for \(Self.text(of: delay)), until \(until)")
        case .paused(let reason): line("paused: \(reason); messages are left out until they can be stored")
        case .lockedOut(let reason): line("warning: \(reason); messages wait until it lets go")
        case .resumed: line("resumed: messages are stored again")
        case .rotated(let file): line("recording into '\(file)'")
        case .fileLost(let reason):
            losses.add(1, ordering: .relaxed)
            line("error: \(reason)")
        case .rotationFailed(let reason): line("warning: no other file yet: \(reason)")
        case .sealingFailed(let reason): line("warning: \(reason); it is tried again")
        case .sealed(let file): line("sealed '\(file)' now")
        case .pruned(let outcome): line("pruned: \(PruneCommand.line(of: outcome, isDryRun: false))")
        case .pruningFailed(let reason): line("warning: nothing was pruned: \(reason)")
        case .logHeld(let bytes):
            line(
                "warning: a reader keeps a transaction open, so the write-ahead log grows (\(bytes >> 20) MiB); end that "
                    + "query or program, or another file is begun"
            )
        case .logFreed: line("the write-ahead log is short again")
        case .spareSubscribed: line("a second connection is subscribed")
        case .spareLost(let reason, let delay):
            line("one of two connections was lost: \(reason); trying again in \(Self.text(of: delay))")
        case .renewed: line("a new connection has taken over")
        case .journal(.good): line("the journal takes messages again")
        case .journal(.full(bytesMax: let bytesMax)):
            line("warning: the journal is full (\(bytesMax >> 20) MiB); until it is not, 'kill -9' loses messages")
        case .journal(.failed(let error)):
            line("warning: the journal cannot grow (\(error)); until it can, 'kill -9' loses messages")
        case .overloaded(.stopReading): line("warning: storing cannot keep up; the venue has to wait")
        case .overloaded(.drop): line("warning: storing cannot keep up; messages are left out")
        case .caughtUp(_, let leftOut) where leftOut > 0:
            line("storing keeps up again; \(leftOut) messages were left out")
        case .caughtUp(let waited, _):
            line("storing keeps up again; the venue had to wait \(Self.text(of: waited)) in all")
        case .progress(let totals):
            guard tick.add(1, ordering: .relaxed).newValue.isMultiple(of: 4) else { return }
            StandardError.progress("feedrec: \(Self.text(of: totals))")
        case .gapBegan(let cause) where cause == GapCause.sequence.rawValue:
            line("warning: the venue left numbers out, see 'feedrec info'")
        case .marketClosed(let opensAt):
            line("the market is closed; " + (opensAt.map { "it opens at \($0)" } ?? "no opening is in sight"))
        case .marketOpened: line("the market is open")
        case .clockStepped(let step):
            line("warning: the wall clock was set by \(step / .seconds(1)) s")
        // A disconnection has told as much, and a subscription.
        case .gapBegan, .gapEnded, .clockSampled, .committed: break
        }
    }

    func end() {
        StandardError.endProgress()
    }

    /// Prints the summary; a recording with gaps ends with status 3.
    ///
    /// So does one that never received something it had asked for. `facts` are further members of the JSON result.
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
        if totals.gaps > 0 { missing.append("\(totals.gaps) gap\(totals.gaps == 1 ? "" : "s"), see 'feedrec info'") }
        if !undelivered.isEmpty { missing.append("nothing arrived of \(Suggestion.list(undelivered))") }
        guard missing.isEmpty else {
            let line = "data is missing: \(missing.joined(separator: "; "))"
            throw EndedEarly(status: ExitStatus.dataMissing, line: log == nil ? line : nil)
        }
    }

    private func tell(_ summary: RecordingOutcome) {
        let totals = summary.totals
        line("ended (\(summary.cause.rawValue)): \(Self.text(of: totals))")
        if totals.lateTicks > 0 { line("warning: \(totals.lateTicks) ticks came too late for their bars") }
    }

    private func line(_ text: String) {
        StandardError.endProgress()
        StandardError.write("feedrec: \(text)")
    }

    private static func text(of totals: CaptureTotals) -> String {
        var parts = ["\(totals.messagesReceived) messages received"]
        for (count, name) in [
            (totals.quotes, "quotes"), (totals.trades, "trades"), (totals.marginUpdates, "margin updates"),
            (totals.orderUpdates, "order updates"), (totals.venueBars, "venue bars"), (totals.redacted, "redacted"),
            (totals.bars, "bars"), (totals.events, "events"), (totals.oddities, "oddities"), (totals.gaps, "gaps"),
        ] where count > 0 {
            parts.append("\(count) \(name)")
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
