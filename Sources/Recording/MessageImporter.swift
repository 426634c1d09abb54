package import Archive
package import BarBuilding
package import Interchange
import JournalFormat
import MarketModel
package import Venues

/// Takes messages that others recorded into an archive, as if they had just been received.
///
/// The receive times of the files are kept; the tape's clock is the latest of them.
package struct MessageImporter: Sendable {
    package struct Configuration: Sendable {
        package var venue: Venue
        package var format: MessageLineFormat?
        package var malformedLines: MessageFileReader.MalformedLinePolicy
        package var barIntervals: [BarInterval]
        /// How messages are read and what of them is kept.
        package var reading = VenueReading()
        /// Taken for the session row; its start is set to the time of the first message.
        package var session: SessionStart

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
        }
    }

    package struct Outcome: Sendable {
        package var summary: RecordingOutcome
        /// Lines that were skipped because they are malformed; only with the policy `.skip`.
        package var malformedLines: Int
    }

    private let configuration: Configuration
    private let report: @Sendable (CaptureTotals) -> Void
    private static let batchMessages = 4096

    package init(configuration: Configuration, report: @escaping @Sendable (CaptureTotals) -> Void) {
        self.configuration = configuration
        self.report = report
    }

    /// Reads all of `paths`; `openWriter` opens the recording of the UTC day of the first message.
    ///
    /// - Throws: `ImportError` at the first line that cannot be read; what came before it is stored.
    package func run(
        paths: [String],
        openWriter: @Sendable (String) throws(ArchiveError) -> ArchiveWriter
    ) async throws -> Outcome {
        guard let tsFirst = try firstTime(in: paths) else {
            throw RecordingError("there are no messages to import")
        }
        let writer = try openWriter(tsFirst.utcDay)
        var session = configuration.session
        session.tsStart = tsFirst
        let sessionID = try await writer.beginSession(session)
        let queue = BoundedQueue<CaptureWork>(capacity: 4)
        async let feeding: Void = ArchiveFeeder(queue: queue).run()
        var run = try ImportRun(writer: writer, queue: queue, sessionID: sessionID, configuration: configuration)
        var failure: (any Error)?
        do {
            for path in paths { try await read(path, into: &run) }
        } catch {
            failure = error
        }
        do { try await run.endFeed() } catch { failure = failure ?? error }
        queue.finish()
        // Why storing failed says more than that the reader noticed.
        try await feeding
        let cause: StopCause = failure == nil ? .endOfFile : .error
        let totals = run.totals
        try await writer.endSession(
            sessionID,
            tsEnd: run.tsLast ?? tsFirst,
            cause: cause.rawValue,
            counts: SessionCounts(totals)
        )
        await writer.close()
        if let failure { throw failure }
        let summary = RecordingOutcome(file: writer.path, cause: cause, totals: totals)
        return Outcome(summary: summary, malformedLines: run.malformedLines)
    }

    private func firstTime(in paths: [String]) throws(ImportError) -> UnixNanoseconds? {
        var first: UnixNanoseconds?
        for path in paths {
            var reader = try open(path)
            var batch = MessageBatch()
            var opened: [Interchange.ConnectionOpened] = []
            while batch.isEmpty, try reader.next(maxMessages: 1, into: &batch, connectionEvents: &opened) {}
            if let time = batch.entries.first?.tsRecv, time < first ?? time.advanced(by: .nanoseconds(1)) {
                first = time
            }
        }
        return first
    }

    private func open(_ path: String) throws(ImportError) -> MessageFileReader {
        try MessageFileReader(
            path: path,
            format: configuration.format,
            onMalformedLine: configuration.malformedLines
        )
    }

    private func read(_ path: String, into run: inout ImportRun) async throws {
        var reader = try open(path)
        try await run.beginFeed(path: path)
        var batch = MessageBatch()
        var opened: [Interchange.ConnectionOpened] = []
        while try reader.next(maxMessages: Self.batchMessages, into: &batch, connectionEvents: &opened) {
            try await run.take(batch)
            batch.removeAll()
            if let connection = opened.last { try await run.beginConnection(at: connection.ts) }
            opened.removeAll()
            report(run.totals)
            try Task.checkCancellation()
        }
        run.malformedLines += reader.malformedLines.count
        try await run.endFeed()
    }
}
