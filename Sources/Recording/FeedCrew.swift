import Archive
import BarBuilding
import MarketModel
import Venues

/// The feeds of one recording, which share its file and its message numbers and change the file together.
///
/// Only one change runs at a time: a feed joins, a feed leaves, or the file changes. Feeds keep recording meanwhile,
/// except for the moment of the change.
actor FeedCrew {
    private let recorder: Recorder
    private let queue: BoundedQueue<CaptureWork>
    private let pause: StoragePause
    private let rotation: Rotation?
    /// The present file and its session; `feedID` is set for each member when it joins.
    private(set) var place: RecordingPlace
    private var members: [FeedRecorder] = []
    /// The totals of feeds that have left: overall, and in the present file.
    private var departed = (all: CaptureTotals(), inFile: CaptureTotals())
    private var clockWatch: ClockWatch
    /// Set while a change of files is incomplete, and for good if it failed: the journal then has everything.
    private(set) var isBroken = false
    /// When the next file could not be begun; the change is retried after a second.
    private var rotationFailedAt: UnixNanoseconds?
    /// The reason as it was last reported.
    private var rotationFailure: String?
    /// When the files were last checked, on the monotonic clock.
    private var filesSeenAt: UnixNanoseconds?
    private var hasReportedLoss = false
    /// Where earlier files end for the feeds that the recorder began with; each entry is used once.
    private var isArchiveSearched = false
    private var earlierPasts: [FeedKey: FeedPast] = [:]
    /// The feeds of the start that have not joined yet: only their absence began before this run.
    private var initial: Set<FeedKey>
    private var isBusy = false
    private let isFree = Condition()

    init(
        _ recorder: Recorder,
        queue: BoundedQueue<CaptureWork>,
        pause: StoragePause,
        rotation: Rotation?,
        place: RecordingPlace
    ) {
        self.recorder = recorder
        self.queue = queue
        self.pause = pause
        self.rotation = rotation
        self.place = place
        initial = Set(recorder.feeds.map(\.key))
        clockWatch = ClockWatch(recorder.clockRules)
    }

    /// Watches the wall clock and stores kernel clock samples; only for the first feed, since neither belongs to a
    /// feed.
    func keepClock(with member: FeedRecorder) async {
        guard members.first === member else { return }
        let uptime = recorder.steady().since(UnixNanoseconds(0))
        await rotation?.retrySealing(at: uptime)
        if let step = clockWatch.step(wall: recorder.now(), uptime: uptime) {
            await member.recordClockStep(step)
            recorder.report(.clockStepped(step))
        }
        if clockWatch.isSampleDue(uptime: uptime), let reading = recorder.clockRules.readKernel() {
            await member.record(reading)
            recorder.report(.clockSampled(reading))
        }
    }

    /// The totals of all feeds: overall, and in the present file.
    func accounts() async -> (all: CaptureTotals, inFile: CaptureTotals) {
        var sum = departed
        for member in members {
            let accounts = await member.accounts
            sum.all.add(accounts.all)
            sum.inFile.add(accounts.inFile)
        }
        return sum
    }

    // MARK: Joining and leaving

    /// Creates a recorder for `feed`, which continues the gap that an earlier recorder left open.
    func join(_ feed: FeedConfiguration, stop: StopControl) async throws -> FeedRecorder {
        await begin()
        defer { end() }
        // What an earlier feed of this recording left must be stored before the new one looks for it.
        if departed.all != CaptureTotals() { _ = await queue.untilIdle() }
        let past = try await past(of: feed.key)
        var place = place
        place.feedID = try await pause.persist { [place] () throws(ArchiveError) in
            try await place.writer.addFeed(FeedRow(sessionID: place.sessionID, feed))
        }
        let member = FeedRecorder(
            environment(of: feed, stop: stop),
            place: place,
            capture: try Capture(
                venue: feed.venue,
                feedID: place.feedID,
                barIntervals: feed.barIntervals,
                counter: place.counter,
                writer: place.writer,
                reading: feed.reading,
                secrets: feed.secrets,
                instruments: place.instruments,
                requested: feed.namedSymbols
            ),
            ledger: GapLedger(place: GapLedger.Place(place), rate: past.rate)
        )
        await member.recall(sessions: storedSessions(of: feed))
        let isPast = initial.remove(feed.key) != nil
        let end = past.end.map { ($0.ts, $0.reason.detail) }
        let absence = await member.declareAbsence(past.gap, since: end, isPast: isPast)
        try await pause.persist { [place] () throws(ArchiveError) in try await place.writer.write(absence) }
        recorder.commits?.publish(absence, of: place.writer)
        members.append(member)
        return member
    }

    private func environment(of feed: FeedConfiguration, stop: StopControl) -> FeedEnvironment {
        FeedEnvironment(
            configuration: feed,
            policy: recorder.policy,
            stop: stop,
            clock: recorder.clock,
            now: recorder.now,
            steady: recorder.steady,
            random: recorder.random,
            report: feed.report ?? recorder.report,
            queue: queue,
            journal: recorder.journal,
            pause: pause,
            rotation: rotation,
            crew: self
        )
    }

    /// The sessions that the venue sent to an earlier recorder of the feed.
    private func storedSessions(of feed: FeedConfiguration) -> [String: [TradingSchedule.Session]] {
        let symbols = feed.market.symbolsOfVenue
        guard !symbols.isEmpty else { return [:] }
        let directory = place.writer.lock.directory
        return InstrumentDetailsSearch.find(symbols, of: feed.key, in: directory)
            .compactMapValues(feed.venue.definition.sessions(inDetails:))
    }

    /// What is known about the time before a feed joins.
    ///
    /// That is the gap that an earlier recorder left open in the present file, and where the feed was last recorded.
    private func past(of key: FeedKey) async throws -> FeedPast {
        var past = try await place.writer.past(of: key)
        guard !past.isComplete else { return past }
        if !isArchiveSearched {
            isArchiveSearched = true
            earlierPasts = searchArchive(for: Set(recorder.feeds.map(\.key)))
        }
        // Earlier files are read once for all feeds. For a feed that joins again they are read again.
        if let earlier = earlierPasts.removeValue(forKey: key) ?? searchArchive(for: [key])[key] {
            past.complete(by: earlier)
        }
        return past
    }

    private func searchArchive(for feeds: Set<FeedKey>) -> [FeedKey: FeedPast] {
        FeedEndSearch.find(feeds, in: place.writer.lock.directory, except: place.writer.path)
    }

    /// Stores what `member` still holds and removes it from the crew.
    func leave(_ member: FeedRecorder) async throws {
        await begin()
        defer { end() }
        let result: Result<Void, any Error>
        do { result = .success(try await member.finish()) } catch { result = .failure(error) }
        let accounts = await member.accounts
        departed.all.add(accounts.all)
        departed.inFile.add(accounts.inFile)
        members.removeAll { $0 === member }
        try result.get()
    }

    // MARK: Changing the file

    /// Continues in another file, unless the file has changed since `writer` was found to be due.
    ///
    /// The old file is complete and its last message committed before the new file records where it begins. If the new
    /// file cannot be created, the old one continues until it can.
    func rotate(from writer: ArchiveWriter, at time: UnixNanoseconds) async throws {
        await begin()
        defer { end() }
        // A change that failed half-way has already counted messages for a file that was never begun.
        guard !isBroken else { throw RecordingError("the recording can no longer be written") }
        // If no feed is left, no member would move to the new file, and the last one still writes to this one.
        guard let rotation, place.writer === writer, !members.isEmpty else { return }
        if let failed = rotationFailedAt, time.since(failed) < .seconds(1), time >= failed { return }
        for member in members { await member.standStill() }
        let result: Result<Void, any Error>
        do { result = .success(try await changeFile(rotation, at: time)) } catch { result = .failure(error) }
        for member in members { await member.endRotation() }
        try result.get()
    }

    private func changeFile(_ rotation: Rotation, at time: UnixNanoseconds) async throws {
        let (old, new): (RecordingPlace, [RecordingPlace])
        do {
            (old, new) = (place, try await rotation.begin(after: place, feeds: members.map(\.configuration), at: time))
        } catch let error as ArchiveError {
            // The old file continues. The failure, such as too many open files or an unwritable directory, may pass.
            rotationFailedAt = time
            let reason = [error.description, error.hint].compactMap(\.self).joined(separator: "; ")
            // The change is retried every second. If inodes are exhausted, no other report says that the disk is full.
            if reason != rotationFailure { recorder.report(.rotationFailed(reason: reason)) }
            rotationFailure = reason
            return
        }
        (rotationFailedAt, rotationFailure) = (nil, nil)
        isBroken = true
        for member in members { try await member.finishFile(at: time) }
        guard await queue.untilIdle() else { throw RecordingError("the recording can no longer be written") }
        let counts = SessionCounts(await accounts().inFile)
        try await pause.persist { () throws(ArchiveError) in
            try await old.writer.endSession(old.sessionID, tsEnd: time, cause: "rotation", counts: counts)
        }
        departed.inFile = CaptureTotals()
        for (member, place) in zip(members, new) { try await member.goOn(in: place, at: time) }
        // If anything failed before this point, the old file is the one to close.
        place = new.first ?? old
        isBroken = false
        recorder.journal?.complete(recordingID: old.writer.recordingID, at: time)
        _ = await rotation.left.push(.writer(old.writer))
        recorder.report(.rotated(file: place.writer.path))
    }

    // MARK: Lost files

    /// Calls ``checkFiles()`` once a second, for the first feed only.
    func keepFiles(with member: FeedRecorder) async throws {
        let time = recorder.steady()
        if let last = filesSeenAt, time.since(last) < .seconds(1), time >= last { return }
        guard members.first === member else { return }
        filesSeenAt = time
        try await checkFiles()
    }

    /// Continues in another file if the present one, or its archive, was deleted, moved, replaced or cut short.
    func checkFiles() async throws {
        await begin()
        defer { end() }
        pause.restoreReserve()
        let loss = place.writer.loss
        guard let rotation, !members.isEmpty, !isBroken else { return }
        guard loss != nil || !place.writer.lock.isInPlace else { return try restoreJournal() }
        let replacement = FileReplacement(
            rotation: rotation,
            place: place,
            journal: recorder.journal,
            zones: recorder.zones,
            members: members,
            commits: recorder.commits,
            loss: loss
        )
        for member in members { await member.standStill() }
        let result: Result<Void, any Error>
        do { result = .success(try await replaceFile(replacement, rotation)) } catch { result = .failure(error) }
        for member in members { await member.endRotation() }
        try result.get()
    }

    private func restoreJournal() throws {
        guard let journal = recorder.journal, !journal.isInPlace else { return }
        do throws(ArchiveError) {
            try journal.restore()
            recorder.report(.fileLost(reason: "files of the journal were deleted; those in memory were recreated"))
        } catch {
            noteFailure("files of the journal were deleted, and cannot be recreated yet: \(error)")
        }
    }

    private func replaceFile(_ replacement: FileReplacement, _ rotation: Rotation) async throws {
        let (old, time) = (place, recorder.now())
        let outcome: FileReplacement.Outcome
        do {
            outcome = try await replacement.begin(at: time)
        } catch let error as ArchiveError {
            noteFailure("\(replacement.problem), and no other file can be created yet: \(error)")
            return
        }
        isBroken = true
        for member in members { try await member.finishFile(at: time) }
        guard await queue.untilIdle() else { throw RecordingError("the recording can no longer be written") }
        if replacement.loss?.isStoredDataGone != true {
            let counts = SessionCounts(await accounts().inFile)
            try await old.writer.endSession(old.sessionID, tsEnd: time, cause: "rotation", counts: counts)
        }
        for (member, place) in zip(members, outcome.places) {
            let (lost, received) = (await member.place, await member.accounts.inFile.messagesReceived)
            try await member.goOn(in: place, at: time)
            guard replacement.loss?.isStoredDataGone == true,
                outcome.restored?.feedIDs.contains(lost.feedID) != true
            else { continue }
            await member.noteLostFile(lost, received: received, detail: replacement.problem)
        }
        departed.inFile = CaptureTotals()
        place = outcome.places.first ?? old
        isBroken = false
        hasReportedLoss = false
        recorder.journal?.complete(recordingID: old.writer.recordingID, at: time)
        if replacement.isOldInPlace {
            _ = await rotation.left.push(.writer(old.writer))
        } else {
            await old.writer.close()
        }
        recorder.report(.fileLost(reason: replacement.report(outcome)))
        recorder.report(.rotated(file: place.writer.path))
    }

    private func noteFailure(_ reason: String) {
        guard !hasReportedLoss else { return }
        hasReportedLoss = true
        recorder.report(.fileLost(reason: reason))
    }

    // MARK: One at a time

    private func begin() async {
        await isFree.wait { !isBusy }
        isBusy = true
    }

    private func end() {
        isBusy = false
        isFree.signal()
    }
}
