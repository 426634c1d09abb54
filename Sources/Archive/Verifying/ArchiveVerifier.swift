import MarketModel

/// Checks that recordings are intact: every block, every number, every count.
///
/// Rows added during the check are not included. Nothing is changed.
package enum ArchiveVerifier {
    /// Verifies all recordings of an archive in order.
    ///
    /// Other names and copies of a recording are listed as findings and are not verified.
    ///
    /// - Throws: ``ArchiveError`` if a file cannot be opened as a recording at all; damage inside a file is reported.
    package static func verify(_ location: ArchiveLocation) throws(ArchiveError) -> VerifyReport {
        var report = VerifyReport()
        // A second digest costs as much as decoding, so it is only computed for several files.
        let digest = location.files.count > 1 ? MessageDigest() : nil
        report.findings = location.findings
        for file in location.files { report.recordings.append(try verify(file, digest)) }
        report.payloadSHA256 = digest?.finish() ?? report.recordings.first?.payloadSHA256 ?? ""
        return report
    }

    /// Verifies one recording.
    static func verify(
        _ file: String,
        _ archiveDigest: MessageDigest? = nil
    ) throws(ArchiveError) -> RecordingReport {
        var report = RecordingReport(file: file)
        try reportingDamage(&report) { report throws(ArchiveError) in
            let reader = try ArchiveReader(path: file)
            try reportingDamage(&report) { report throws(ArchiveError) in try checkDatabase(reader, &report) }
            try reportingDamage(&report) { report throws(ArchiveError) in
                try CheckConstraints.check(reader, &report)
            }
            let last = try reader.lastMessageIndex()
            report.absences = try reader.absences()
            let absences = Absences(report.absences)
            var blocks = BlockVerification(
                try SessionOfConnection(reader),
                try ConnectionCounts(reader),
                absences,
                archiveDigest
            )
            // Damage in one table does not affect the checks of the others.
            try reportingDamage(&report) { report throws(ArchiveError) in
                try blocks.run(reader, through: last, &report)
            }
            try RowVerification(reader, messages: blocks.messagesOfSession, absences, through: last).run(&report)
            report.areRowsCounted = true
            try Seal(reader)?.check(&report)
            try GapBars(reader).check(&report)
            report.coverage = try Coverage(reader)
            report.books = try BookHealth.all(of: reader)
        }
        return report
    }

    private static func reportingDamage(
        _ report: inout RecordingReport,
        _ body: (inout RecordingReport) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        do throws(ArchiveError) {
            try body(&report)
        } catch  where error.code == .corrupted {
            report.add(.database, "\(error)")
        }
    }

    /// Lets SQLite check its pages and foreign keys.
    private static func checkDatabase(
        _ reader: ArchiveReader,
        _ report: inout RecordingReport
    ) throws(ArchiveError) {
        try reader.read { handle throws(ArchiveError) in
            let check = try PreparedStatement("PRAGMA quick_check(20)", on: handle, path: reader.path)
            while try check.step() {
                let text = check.text(0)
                if text != "ok" { report.add(.database, "SQLite: \(text)") }
            }
            let orphans = try PreparedStatement(
                "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
                on: handle,
                path: reader.path
            )
            while try orphans.step() {
                report.add(.row, Self.orphanText(orphans.integer(2), orphans.text(0), orphans.text(1)))
            }
        }
    }

    private static func orphanText(_ count: Int64, _ table: String, _ parent: String) -> String {
        "\(Counted.text(count, "row")) of \(table) \(Counted.word(count, "refers", "refer")) to no row of \(parent)"
    }
}

/// The session of each connection.
struct SessionOfConnection {
    private var sessionIDs: [Int64: Int64] = [:]
    /// Sessions of live feeds, in which times must not run backwards.
    private var recordingSessions: Set<Int64> = []

    init(_ reader: ArchiveReader) throws(ArchiveError) {
        for connection in try reader.connections() { sessionIDs[connection.connectionID] = connection.sessionID }
        for session in try reader.sessions() where session.start.kind == .record {
            recordingSessions.insert(session.sessionID)
        }
    }

    func sessionID(of connectionID: Int64) -> Int64? { sessionIDs[connectionID] }

    func isLive(_ sessionID: Int64) -> Bool { recordingSessions.contains(sessionID) }
}
