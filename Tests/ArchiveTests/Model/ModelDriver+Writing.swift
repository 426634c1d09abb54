import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing

/// The steps of a recorder.
extension ModelDriver {
    /// Continues the last recording, or begins the first or, after a sealed one, the next.
    func open() async throws {
        if models.isEmpty || models[last].model.isSealed { addFile() }
        let path = models[last].path
        let writer = try ArchiveWriter.open(file: path, fileSystem: fileSystem)
        #expect(writer.nextMessageIndex == models[last].model.nextMessage, comment)
        #expect(writer.instruments == models[last].model.instruments, comment)
        self.writer = writer
        if let killed = models[last].model.openSession {
            #expect(try await writer.endKilledSessions(opensGaps: false) == 1, comment)
            models[last].model.sessions[killed].endCause = "killed"
            try await writer.countKilledSessions()
            for place in models[last].model.sessions.indices { models[last].model.sessions[place].isCounted = true }
        }
        try await beginSession(writer)
    }

    private func addFile() {
        let path = directory.file("2026-01-\(models.count < 9 ? "0" : "")\(models.count + 1).feedrec")
        models.append((path, RecordingModel()))
    }

    private func beginSession(_ writer: ArchiveWriter) async throws {
        clock += 1
        let start = SessionStart(
            kind: .record,
            tsStart: time(clock),
            host: "h",
            programVersion: "1",
            configuration: "{}"
        )
        let id = try await writer.beginSession(start)
        let feed = try await writer.addFeed(FeedRow(sessionID: id, name: "f", venue: "binance-spot", url: nil))
        var session = RecordingModel.Session(id: id)
        for _ in 0..<2 {
            let connection = ConnectionOpened(feedID: feed, tsOpened: time(clock))
            session.connections.append(try await writer.openConnection(connection))
        }
        models[last].model.sessions.append(session)
    }

    /// Stores a batch and checks that a reader sees all of it.
    func write(_ writer: ArchiveWriter) async throws {
        guard let session = models[last].model.openSession else { return }
        let (batch, fresh, blocks) = try makeBatch(writer)
        try await writer.write(batch)
        models[last].model.store(batch, fresh, session: session)
        models[last].model.blocks.merge(blocks) { $1 }
        // Recovery may store rows twice: those with a key replace themselves.
        guard random.oneIn(5) else { return }
        var again = batch
        (again.events, again.instruments) = ([], [])
        try await writer.write(again)
    }

    /// A batch whose commit fails, or that breaks a constraint, leaves nothing.
    func failToWrite(_ writer: ArchiveWriter) async throws {
        var (batch, _, _) = try makeBatch(writer)
        if random.oneIn(2) {
            batch.instruments += [1001, 1002].map { instrument($0, "TWIN") }
        } else {
            batch.clockSamples = [ClockSampleRow(ts: time(clock), offsetNS: 0, errorNS: 0, status: 0)]
            fileSystem.breakDown()
        }
        let error = await archiveError { [batch] in try await writer.write(batch) }
        fileSystem.heal()
        #expect(error != nil, comment)
    }

    func end(_ writer: ArchiveWriter, cause: String) async throws {
        if let place = models[last].model.openSession {
            let session = models[last].model.sessions[place]
            for id in session.connections {
                try await writer.closeConnection(
                    ConnectionClosed(connectionID: id, tsClosed: time(clock), closedBy: .local)
                )
            }
            try await writer.endSession(session.id, tsEnd: time(clock), cause: cause, counts: session.counts)
            models[last].model.sessions[place].endCause = cause
            models[last].model.sessions[place].isCounted = true
        }
        await writer.close()
        self.writer = nil
    }

    /// Ends the file and begins the next one under the same lock.
    func rotate(_ writer: ArchiveWriter) async throws {
        try await end(writer, cause: "rotation")
        try models[last].model.check(models[last].path, comment)
        addFile()
        let next = try ArchiveWriter.open(file: models[last].path, lock: writer.lock, fileSystem: fileSystem)
        next.continueNumbers(of: writer)
        self.writer = next
        try await beginSession(next)
    }

    /// Leaves the files as a killed process does: the log is not folded in and may end with an incomplete frame.
    func kill() async throws {
        let path = models[last].path
        let files = try ["", "-wal"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
        await writer?.close()
        writer = nil
        try files[0].write(to: URL(fileURLWithPath: path))
        let torn = Data(
            (0..<Int.random(in: 0...5000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        )
        try (files[1] + torn).write(to: URL(fileURLWithPath: path + "-wal"))
    }
}
