package import Archive
package import BarBuilding
package import Interchange
import JournalFormat
import MarketModel
package import Venues

/// Imports messages that other programs recorded, by the rules of live recording.
///
/// The receive times of the files are kept; a file without them gets times of the venue, see ``ReceiveTimeSource``. The
/// tape's clock is the latest of them. Messages that the archive already has are not stored again, so an import may be
/// repeated, and files may overlap.
package struct MessageImporter: Sendable {
    package struct Configuration: Sendable {
        package var venue: Venue
        package var format: MessageLineFormat?
        package var malformedLines: MessageFileReader.MalformedLinePolicy
        package var barIntervals: [BarInterval]
        /// Times that are evidently in another unit are rejected, unless the unit is given.
        package var receiveTimes = ReceiveTimes.checked
        /// How messages are read, and which parts of them are kept.
        package var reading = VenueReading()
        /// The directory whose recordings are searched for the same messages; `nil` for none.
        package var archive: String?
        /// Also import a file in which no message is understood, and despite recordings that cannot be read.
        package var isForced = false
        /// The session row; its start is set to the time of the first message.
        package var session: SessionStart
        /// Written to repaired recordings when their lost messages are stored again.
        package var stamp: UpkeepStamp

        package init(
            venue: Venue,
            format: MessageLineFormat?,
            malformedLines: MessageFileReader.MalformedLinePolicy,
            barIntervals: [BarInterval],
            session: SessionStart
        ) {
            self.venue = venue
            self.format = format
            self.malformedLines = malformedLines
            self.barIntervals = barIntervals
            self.session = session
            stamp = UpkeepStamp(now: session.tsStart, programVersion: session.programVersion)
        }
    }

    package struct Outcome: Sendable {
        /// The totals of what was stored; the file is empty if nothing was new.
        package var summary: RecordingOutcome
        /// The number of malformed lines that were skipped; only with the policy `.skip`.
        package var malformedLines: Int
        package var counts: ImportCounts
        /// Where the receive times come from; `nil` if there were no messages.
        package var receiveTimes: ReceiveTimeSource?
        /// Messages that come after a message with a later time in their file.
        package var disorder: [ImportDisorder]
        /// Notices for the user.
        package var notices: [String]
        /// What else the user may want to know.
        package var remarks: [String] = []
    }

    let configuration: Configuration
    private let report: @Sendable (CaptureTotals) -> Void
    static let batchMessages = 4096

    package init(configuration: Configuration, report: @escaping @Sendable (CaptureTotals) -> Void) {
        self.configuration = configuration
        self.report = report
    }

    /// Imports all of `paths`, ordered by their first times and with pipes last, because a bar followed by many later
    /// ones is final.
    ///
    /// `openWriter` opens the recording for the UTC day of the first message, if there is a new one.
    ///
    /// - Throws: `ImportError` at the first unreadable line, or for a file in which no message is understood; the lines
    ///   before it are stored. ``ArchiveError`` if a recording of the archive cannot be compared; nothing is stored
    ///   then, except from a pipe, whose times are not known in advance.
    package func run(
        paths: [String],
        openWriter: @escaping @Sendable (String) throws(ArchiveError) -> ArchiveWriter
    ) async throws -> Outcome {
        let findings = try configuration.archive.map { try ArchiveLocation(addingTo: $0).findings } ?? []
        if !configuration.isForced { try Self.check(findings) }
        let checks = RecordingChecks(isForced: configuration.isForced)
        let files = try paths.map { path throws(ImportError) in try survey(path) }
        let receiveTimes = try Self.receiveTimes(of: files)
        try check(files.compactMap { file in file.time.map { (file.path, $0) } }, checks)
        let ordered = files.enumerated().sorted { one, two in
            (one.element.time ?? UnixNanoseconds(.max), one.offset) < (
                two.element.time ?? UnixNanoseconds(.max), two.offset
            )
        }
        var outcome = Outcome(
            summary: RecordingOutcome(file: "", cause: .endOfFile, totals: CaptureTotals()),
            malformedLines: 0,
            counts: ImportCounts(),
            disorder: [],
            notices: findings.filter(\.isDataMissing).map(\.description)
        )
        var restored: RestoredCounts = [:]
        outcome.receiveTimes = receiveTimes
        let failure: (any Error)?
        do {
            // The target holds the archive's lock, which `settle` needs, so its scope ends before that.
            let target = ImportTarget(
                configuration,
                tsFirst: files.compactMap(\.time).min(),
                receiveTimes: receiveTimes,
                openWriter: openWriter
            )
            failure = await store(ordered.map(\.element.path), into: target, checks, &restored, &outcome)
        }
        settle(restored, &outcome)
        if let failure { throw failure }
        guard outcome.counts.new + outcome.counts.known > 0 else {
            throw RecordingError("there are no messages to import")
        }
        return outcome
    }

    /// Stores the messages of all files, ends the session, and returns the first error.
    private func store(
        _ paths: [String],
        into target: ImportTarget,
        _ checks: RecordingChecks,
        _ restored: inout RestoredCounts,
        _ outcome: inout Outcome
    ) async -> (any Error)? {
        var failure: (any Error)?
        do {
            for path in paths { try await take(path, into: target, checks, &restored, &outcome) }
        } catch {
            failure = error
        }
        if let session = target.session {
            let cause: StopCause = failure == nil ? .endOfFile : .error
            outcome.summary = RecordingOutcome(file: session.writer.path, cause: cause, totals: session.totals)
            do { try await session.end(cause) } catch { failure = failure ?? error }
        }
        return failure
    }

    /// Reads the start of a file, except of a pipe, which can be read only once.
    private func survey(_ path: String) throws(ImportError) -> ImportFile {
        var file = ImportFile(path: path)
        guard !InputPath.isStream(path) else { return file }
        var reader = try open(path)
        var batch = MessageBatch()
        var opened: [Interchange.ConnectionOpened] = []
        while batch.isEmpty, try reader.next(maxMessages: 1, into: &batch, opened: &opened) {}
        file.time = batch.entries.first?.tsRecv
        file.source = reader.source
        return file
    }

    func open(_ path: String) throws(ImportError) -> ImportReader { try ImportReader(path, configuration) }

    /// Imports one file; when this returns, everything is committed, so that the next file is compared with it.
    private func take(
        _ path: String,
        into target: ImportTarget,
        _ checks: RecordingChecks,
        _ restored: inout RestoredCounts,
        _ outcome: inout Outcome
    ) async throws {
        var known = try knownMessages(checks) ?? KnownMessages()
        known.discount(restored)
        outcome.notices += known.unreadable.map { "\($0); its messages are not known, and are imported again" }
        let queue = BoundedQueue<CaptureWork>(capacity: 4)
        target.queue = queue
        async let feeding: Void = ArchiveFeeder(queue: queue).run()
        var run = ImportRun(path: path, known: known, into: target, configuration)
        var failure: (any Error)?
        do {
            try await read(path, into: &run, target, &outcome)
        } catch {
            failure = error
        }
        do { try await run.end() } catch { failure = failure ?? error }
        restored.merge(run.restored) { $0.merging($1, uniquingKeysWith: +) }
        outcome.counts.add(run.counts)
        outcome.notices += run.notices
        queue.finish()
        // The reason why storing failed says more than the reader's error.
        try await feeding
        if let failure { throw failure }
    }

    private func read(
        _ path: String,
        into run: inout ImportRun,
        _ target: ImportTarget,
        _ outcome: inout Outcome
    ) async throws {
        var reader = try open(path)
        var probe = ImportProbe(configuration)
        var batch = MessageBatch()
        var opened: [Interchange.ConnectionOpened] = []
        while try reader.next(maxMessages: Self.batchMessages, into: &batch, opened: &opened) {
            if let source = reader.source {
                if let common = target.receiveTimes, common != source { throw Self.mixedTimes(path) }
                target.receiveTimes = source
                outcome.receiveTimes = source
            }
            let page = ImportProbe.Page(messages: batch, opened: opened.last)
            for page in try probe.take(page, of: path) { try await take(page, into: &run) }
            if let session = target.session { report(session.totals) }
            try Task.checkCancellation()
        }
        if !probe.isUnderstood {
            for page in try probe.finish(path) { try await take(page, into: &run) }
        }
        outcome.malformedLines += reader.malformedLines
        if reader.disorder.count > 0 { outcome.disorder.append(ImportDisorder(path: path, reader.disorder)) }
    }

    private func take(_ page: ImportProbe.Page, into run: inout ImportRun) async throws {
        try await run.take(page.messages)
        if let opened = page.opened { try await run.beginConnection(at: opened.ts) }
    }
}

/// What is known about a file of an import before it is imported.
struct ImportFile {
    let path: String
    /// The time of the first message; `nil` for a pipe or a file without messages.
    var time: UnixNanoseconds?
    var source: ReceiveTimeSource?
}
