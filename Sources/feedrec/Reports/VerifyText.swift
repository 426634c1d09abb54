import Archive
import JSONScanning
import MarketModel

/// The results of verifying and repairing, for people and for programs.
enum VerifyText {
    /// Returns the findings, a line for each recording, and a total if there are several.
    ///
    /// With `isVerbose`, or for a single recording, the coverage and absences of each recording follow its line.
    static func lines(of report: VerifyReport, isVerbose: Bool) -> [String] {
        var lines = report.findings.map { "\($0.isProblem ? "problem" : "note"): \($0)" }
        let isDetailed = isVerbose || report.recordings.count == 1
        for recording in report.recordings {
            lines += isDetailed ? self.lines(of: recording) : summary(of: recording)
        }
        if report.recordings.count > 1 { lines.append(total(of: report)) }
        return lines + ["payload_sha256 \(report.payloadSHA256)"]
    }

    private static func total(of report: VerifyReport) -> String {
        func sum(_ count: KeyPath<RecordingReport, Int64>) -> Int64 {
            report.recordings.reduce(0) { $0 + $1[keyPath: count] }
        }
        let problems = report.problemCount
        let verdict = problems == 0 ? "sound" : Counted.text(problems, "problem")
        return "\(report.recordings.count) recordings: \(verdict); "
            + "\(Counted.text(sum(\.messagesReceived), "message")) received, \(sum(\.messagesSent)) sent; "
            + "\(Counted.text(sum(\.quoteCount), "quote")), \(Counted.text(sum(\.tradeCount), "trade")), "
            + "\(Counted.text(sum(\.marginUpdateCount), "margin update")), "
            + "\(Counted.text(sum(\.oddityCount), "oddity", "oddities")), \(Counted.text(sum(\.gapCount), "gap")); "
            + "least coverage \(CoverageText.text(report.leastCoverage))"
    }

    static func lines(of recording: RecordingReport) -> [String] {
        summary(of: recording) + absences(of: recording) + BookHealthText.lines(of: recording.books)
            + CoverageText.lines(of: recording.coverage)
    }

    private static func summary(of recording: RecordingReport) -> [String] {
        let problems = recording.problems.map { "problem: \($0)" }
        let verdict = recording.isSound ? "sound" : Counted.text(recording.problemCount, "problem")
        var text =
            "\(recording.file): \(verdict); \(Counted.text(recording.messagesReceived, "message")) received, "
            + "\(recording.messagesSent) sent, in \(Counted.text(recording.blockCount, "block")); "
        if recording.areRowsCounted {
            text += rows(of: recording)
        } else {
            text += "rows cannot be counted"
        }
        if recording.openSessionCount > 0 {
            text += "; \(Counted.text(recording.openSessionCount, "session")) not ended"
        }
        return problems + [text]
    }

    private static func rows(of recording: RecordingReport) -> String {
        [
            Counted.text(recording.quoteCount, "quote"), Counted.text(recording.tradeCount, "trade"),
            Counted.text(recording.marginUpdateCount, "margin update"),
            Counted.text(recording.orderUpdateCount, "order update"),
            Counted.text(recording.venueBarCount, "venue bar"), Counted.text(recording.barCount, "bar"),
            Counted.text(recording.eventCount, "event"), Counted.text(recording.oddityCount, "oddity", "oddities"),
            Counted.text(recording.gapCount, "gap"),
        ].joined(separator: ", ")
    }

    private static func absences(of recording: RecordingReport) -> [String] {
        AbsentKind.allCases.flatMap { kind in
            [AbsenceCause.damage, .prune].compactMap { cause in
                let count = recording.absences.reduce(0) {
                    $0 + ($1.kind == kind && $1.cause == cause ? $1.rowCount : 0)
                }
                guard count > 0 else { return nil }
                let why = cause == .damage ? "lost by damage" : "pruned"
                return "  absent       \(count) \(name(of: kind, count)) (\(why))"
            }
        }
    }

    static func lines(of repair: RepairOutcome) -> [String] {
        guard let damaged = repair.damagedFile else { return lines(of: repair.report) }
        var lines: [String] = []
        for range in repair.lostMessages {
            let names =
                range.count == 1 ? "message \(range.lowerBound)" : "messages \(range.lowerBound) to \(range.upperBound)"
            lines.append("gone: \(names)")
        }
        if repair.lostMessageCount > 0 {
            lines.append("gone: \(Counted.text(repair.lostMessageCount, "message")) in total")
        }
        for (kind, count) in repair.lostRows.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append(
                "gone: \(count) \(name(of: kind, count)); 'feedrec rebuild' restores those whose messages remain"
            )
        }
        if repair.damagedPages + repair.damagedRows > 0 {
            lines.append(
                "damaged: \(Counted.text(repair.damagedPages, "page")), "
                    + "\(Counted.text(repair.damagedRows, "row")) on other pages"
            )
        }
        if repair.unknownRows > 0 {
            lines.append("unknown: \(repair.unknownRows) sessions, feeds, connections or instruments that rows name")
        }
        lines += self.lines(of: repair.report)
        lines.append("repaired '\(repair.file)'; the damaged file is '\(damaged)'")
        return lines
    }

    private static func name(of kind: AbsentKind, _ count: Int64) -> String {
        let text = kind.rawValue.split(separator: "_").joined(separator: " ")
        if count == 1 { return text }
        return kind == .oddity ? "oddities" : text + "s"
    }

    // MARK: For programs

    static func json(of report: VerifyReport) -> String {
        var object = JSONObjectWriter()
        object.boolean("is_sound", report.isSound)
        object.text("payload_sha256", report.payloadSHA256)
        object.integer("messages_received", report.messagesReceived)
        object.raw("least_coverage", "\(report.leastCoverage)")
        object.raw("recordings", array(report.recordings.map { json(of: $0) }))
        object.raw("findings", array(report.findings.map(json)))
        return object.text()
    }

    private static func json(of finding: ArchiveFinding) -> String {
        var object = JSONObjectWriter()
        object.text("file", finding.path)
        object.text("kind", finding.kind.rawValue)
        object.text("reason", finding.reason)
        object.text("original", finding.original)
        object.boolean("is_problem", finding.isProblem)
        return object.text()
    }

    static func json(of repairs: [RepairOutcome]) -> String {
        var object = JSONObjectWriter()
        object.boolean("is_sound", repairs.allSatisfy(\.report.isSound))
        object.boolean("is_repaired", repairs.contains(where: \.isRepaired))
        object.raw("recordings", array(repairs.map { json(of: $0.report, repair: $0) }))
        return object.text()
    }

    private static func json(of recording: RecordingReport, repair: RepairOutcome? = nil) -> String {
        var object = JSONObjectWriter()
        object.text("file", repair?.file ?? recording.file)
        object.boolean("is_sound", recording.isSound)
        for (name, count) in [
            ("problem_count", Int64(recording.problemCount)), ("blocks", recording.blockCount),
            ("messages_received", recording.messagesReceived), ("messages_sent", recording.messagesSent),
            ("payload_bytes", recording.payloadBytes), ("quotes", recording.quoteCount),
            ("trades", recording.tradeCount), ("margin_updates", recording.marginUpdateCount),
            ("order_updates", recording.orderUpdateCount), ("venue_bars", recording.venueBarCount),
            ("bars", recording.barCount), ("events", recording.eventCount), ("oddities", recording.oddityCount),
            ("gaps", recording.gapCount), ("open_sessions", Int64(recording.openSessionCount)),
            ("damaged_messages", recording.damagedMessages),
        ] {
            object.integer(name, count)
        }
        object.boolean("rows_counted", recording.areRowsCounted)
        object.text("payload_sha256", recording.payloadSHA256)
        object.raw("problems", array(recording.problems.map(json)))
        object.raw("absences", array(recording.absences.map(json)))
        object.raw("books", BookHealthText.json(of: recording.books))
        object.raw("coverage", CoverageText.json(of: recording.coverage))
        if let repair, repair.isRepaired { object.raw("repair", json(of: repair)) }
        return object.text()
    }

    private static func json(of repair: RepairOutcome) -> String {
        var object = JSONObjectWriter()
        object.text("damaged_file", repair.damagedFile)
        object.integer("lost_messages", repair.lostMessageCount)
        object.raw(
            "lost_message_ranges",
            array(repair.lostMessages.map { "[\($0.lowerBound),\($0.upperBound)]" })
        )
        object.integer("damaged_blocks", Int64(repair.lostBlocks))
        object.integer("damaged_pages", Int64(repair.damagedPages))
        object.integer("damaged_rows", Int64(repair.damagedRows))
        object.integer("unknown_rows", Int64(repair.unknownRows))
        for kind in AbsentKind.allCases where kind != .message {
            object.integer("lost_\(kind.rawValue)_rows", repair.lostRows[kind])
        }
        return object.text()
    }

    private static func json(of problem: VerifyProblem) -> String {
        var object = JSONObjectWriter()
        object.text("kind", problem.kind.rawValue)
        object.integer("connection_id", problem.connectionID)
        object.integer("first_message_index", problem.firstMessageIndex)
        object.text("reason", problem.reason)
        return object.text()
    }

    private static func json(of absence: AbsenceRow) -> String {
        var object = JSONObjectWriter()
        object.integer("session_id", absence.sessionID)
        object.text("kind", absence.kind.rawValue)
        object.text("cause", absence.cause.rawValue)
        object.integer("first_message_index", absence.messages?.lowerBound)
        object.integer("last_message_index", absence.messages?.upperBound)
        object.integer("row_count", absence.rowCount)
        object.integer("ts_noted", absence.tsNoted.rawValue)
        return object.text()
    }

    private static func array(_ objects: [String]) -> String { "[" + objects.joined(separator: ",") + "]" }
}
