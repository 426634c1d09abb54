package import Archive
package import BarBuilding
import JournalFormat
package import MarketModel
import Venues

/// Makes the rows and bars of a recording again from its raw messages, as an import would.
///
/// The dialect of the venue reads the stored messages, connection by connection, which gives the rows; all ticks
/// together give the bars. The recording is replaced in one step, or only compared.
package struct Rebuilder: Sendable {
    package struct Outcome: Hashable, Sendable {
        package let file: String
        package let messages: Int64
        package let differences: [RebuildDifference]
        /// The number of unreadable blocks; the rows of their messages stay as they are.
        package let damagedBlocks: Int

        package var isSame: Bool { differences.isEmpty }
    }

    private let stamp: UpkeepStamp
    private let isCheck: Bool
    private let extraIntervals: [BarInterval]
    private let zones: ZoneLookup
    private let archive: [String]
    private let fileSystem: any FileSystem
    private let progress: @Sendable (String, Double) -> Void

    /// Rebuilds, or only compares if `isCheck`.
    ///
    /// Bars of `barIntervals` are made in addition to those of the recording. `zones` finds the time zone of the
    /// broker's clock, if a feed was recorded with one. `archive` lists further recordings whose kept rows an
    /// import does not store again; the recording itself is always one of them.
    package init(
        _ stamp: UpkeepStamp,
        isCheck: Bool,
        barIntervals: [BarInterval] = [],
        zones: @escaping ZoneLookup,
        archive: [String] = [],
        fileSystem: any FileSystem = SystemFileSystem(),
        progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) {
        self.stamp = stamp
        self.isCheck = isCheck
        extraIntervals = barIntervals
        self.zones = zones
        self.archive = archive
        self.fileSystem = fileSystem
        self.progress = progress
    }

    /// Rebuilds one recording, which must not be open for writing.
    ///
    /// - Throws: `ArchiveError`, or `CancellationError` if the task was cancelled; the recording is then unchanged.
    package func run(_ path: String) throws -> Outcome {
        let rebuild = try RecordingRebuild(of: path, fileSystem: fileSystem)
        do {
            let files = archive.contains(path) ? archive : archive + [path]
            var rows = try RebuiltRows(rebuild, FeedReadings(rebuild.reader, zones), archive: files)
            try rows.run { progress(path, $0) }
            let draft = try rebuild.finishRows(lacksMessages: rows.damagedBlocks > 0)
            try rebuild.beginBars()
            if !rebuild.pruned.contains(.bars), !rebuild.pruned.contains(.ticks) {
                try RebuiltBars(rebuild, draft, extraIntervals).run()
            }
            try rebuild.endBars()
            let differences = try rebuild.compare()
            let outcome = Outcome(
                file: path,
                messages: rows.messages,
                differences: differences,
                damagedBlocks: rows.damagedBlocks
            )
            try Task.checkCancellation()
            if isCheck || differences.isEmpty { rebuild.abandon() } else { try rebuild.apply(differences, stamp) }
            return outcome
        } catch {
            rebuild.abandon()
            throw error
        }
    }
}

/// The rows made from stored messages.
private struct RebuiltRows {
    private let rebuild: RecordingRebuild
    private let readings: FeedReadings
    /// One for each venue.
    private var pipelines: [String: ReadingPipeline] = [:]
    private var dialects: [Int64: any VenueDialect] = [:]
    /// What each connection has brought so far.
    private var contents: [Int64: ConnectionContent] = [:]
    /// The books with which connections continue from an earlier recording.
    private let beginnings: [Int64: StoredBooks]
    private var connections: [Int64: (venue: Venue, feedID: Int64, sessionID: Int64)] = [:]
    private let archive: [String]
    private let importSessions: Set<Int64>
    /// What imports into this recording could know, by venue.
    private var known: [String: KnownMessages] = [:]
    private var keptRows = KeptRows()
    private var lastSession: Int64?
    private(set) var messages: Int64 = 0
    private(set) var damagedBlocks = 0

    init(_ rebuild: RecordingRebuild, _ readings: FeedReadings, archive: [String]) throws(ArchiveError) {
        self.rebuild = rebuild
        self.readings = readings
        self.archive = archive
        beginnings = try StoredBooks.beginnings(of: rebuild.reader)
        importSessions = Set(
            try rebuild.reader.sessions().filter { $0.start.kind == .import }.map(\.sessionID)
        )
    }

    mutating func run(_ progress: (Double) -> Void) throws {
        for row in try rebuild.reader.connections() {
            guard let venue = Venue(named: row.venue) else { continue }
            connections[row.connectionID] = (venue, row.opened.feedID, row.sessionID)
        }
        makePipelines()
        var places: Set<RowPlace> = []
        for kind in [EventRow.earlierFileKind, EventRow.rowElsewhereKind] {
            places.formUnion(try rebuild.reader.events(kind: kind).compactMap(RowPlace.init))
        }
        for venue in pipelines.keys { pipelines[venue]?.rows.elsewhere.places = places }
        let last = Double(max(1, try rebuild.reader.lastMessageIndex()))
        var cursor = try rebuild.reader.messages()
        while let run = try nextReadable(&cursor) {
            try take(run)
            progress(Double(run.block.messageIndexes[run.range.lowerBound]) / last)
            try Task.checkCancellation()
        }
        try flush()
    }

    /// Returns the next readable messages; unreadable blocks are counted and skipped.
    private mutating func nextReadable(_ cursor: inout MessageCursor) throws(ArchiveError) -> MessageRun? {
        var damage: ArchiveError?
        repeat {
            damage = nil
            do throws(ArchiveError) {
                return try cursor.next()
            } catch {
                guard error.code == .corrupted else { throw error }
                damage = error
                damagedBlocks += 1
            }
        } while damage != nil
        return nil
    }

    /// Creates one pipeline per venue, with the instruments' numbers but without a current row for any symbol.
    private mutating func makePipelines() {
        let ids = RebuiltNumbers(next: (rebuild.instruments.map(\.instrumentID).max() ?? 0) + 1)
        for venue in Set(connections.values.map(\.venue)) {
            let known = rebuild.instruments.filter { $0.venue == venue.name }.map {
                (
                    id: $0.instrumentID,
                    key: InstrumentBook.Known(
                        symbol: $0.symbol,
                        priceDigits: $0.priceDigits,
                        sizeDigits: $0.sizeDigits
                    )
                )
            }
            let book = InstrumentBook(
                venue: venue.name,
                priceDigitsMin: venue.rules.priceDigitsMin,
                known: known,
                isFromStart: true,
                makeID: { _ in ids.take() }
            )
            let rows = RowBuilder(book: book, bars: BarBuilder(intervals: []), feedID: 0)
            pipelines[venue.name] = ReadingPipeline(rows: rows)
        }
    }

    private mutating func take(_ run: MessageRun) throws(ArchiveError) {
        let numbers = run.block.messageIndexes
        messages += Int64(run.range.count)
        guard let connection = connections[run.connectionID],
            var pipeline = pipelines.removeValue(forKey: connection.venue.name)
        else { return }
        var reading = try readings[connection.feedID]
        reading.bookLevels = beginnings[run.connectionID]?.levelsMax
        var dialect = dialects[run.connectionID] ?? connection.venue.makeReader(reading)
        if contents[run.connectionID] == nil {
            contents[run.connectionID] = ConnectionContent(reading)
            if let books = beginnings[run.connectionID] { contents[run.connectionID]?.books.resume(from: books) }
        }
        // A new session started without knowledge of what the previous one had received.
        if lastSession != connection.sessionID {
            for venue in pipelines.keys { pipelines[venue]?.rows.forgetNumbers() }
            pipeline.rows.forgetNumbers()
        }
        lastSession = connection.sessionID
        pipeline.rows.select(feed: connection.feedID)
        let isImport = importSessions.contains(connection.sessionID)
        if isImport {
            try findKeptRows(run, connection.venue)
            swap(&pipeline.rows.elsewhere.kept, &keptRows)
        }
        var start = run.range.lowerBound
        while start < run.range.upperBound {
            var end = start + 1
            while end < run.range.upperBound, numbers[end] == numbers[end - 1] + 1,
                run.block.batch.entries[end].direction == run.block.batch.entries[start].direction
            {
                end += 1
            }
            read(run.block, start..<end, from: run.connectionID, &dialect, &pipeline)
            rebuild.cover(numbers[start]...numbers[end - 1])
            start = end
        }
        if isImport { swap(&pipeline.rows.elsewhere.kept, &keptRows) }
        dialects[run.connectionID] = dialect
        if pipeline.rows.pendingRows >= 10_000 {
            try rebuild.write(pipeline.rows.takeRows(clock: UnixNanoseconds(0)))
        }
        pipelines[connection.venue.name] = pipeline
    }

    /// Finds the rows that an import of these messages does not store again.
    private mutating func findKeptRows(_ run: MessageRun, _ venue: Venue) throws(ArchiveError) {
        if known[venue.name] == nil {
            known[venue.name] = try KnownMessages(archive, venue: venue, RecordingChecks(isForced: true))
        }
        var batch = MessageBatch()
        batch.entries = Array(run.block.batch.entries[run.range])
        try known[venue.name]?.findLostRows(near: batch, &keptRows)
    }

    private mutating func read(
        _ block: DecodedBlock,
        _ range: Range<Int>,
        from connectionID: Int64,
        _ dialect: inout any VenueDialect,
        _ pipeline: inout ReadingPipeline
    ) {
        let entries = block.batch.entries[range]
        guard let first = entries.first else { return }
        var batch = MessageBatch()
        batch.bytes = block.batch.bytes
        batch.entries = Array(entries)
        // Sent messages only help to read the answers.
        guard first.direction == .received else {
            pipeline.recall(batch, dialect: &dialect, now: first.tsRecv)
            return
        }
        var answers = MessageBatch()
        _ = pipeline.read(
            batch,
            from: ReadingPipeline.Source(
                connectionID: connectionID,
                firstMessageIndex: block.messageIndexes[range.lowerBound]
            ),
            content: &contents[connectionID, default: ConnectionContent(VenueReading())],
            dialect: &dialect,
            now: first.tsRecv,
            outgoing: &answers
        )
    }

    private mutating func flush() throws(ArchiveError) {
        for venue in pipelines.keys.sorted() {
            guard var pipeline = pipelines.removeValue(forKey: venue) else { continue }
            try rebuild.write(pipeline.rows.takeRows(clock: UnixNanoseconds(0)))
        }
    }
}
