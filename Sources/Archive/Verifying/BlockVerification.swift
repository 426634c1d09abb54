import JournalFormat
import MarketModel

/// The messages of one session.
struct SessionMessages {
    var received: Int64 = 0
    var sent: Int64 = 0
    /// The numbers of its first and last message.
    var firstIndex = Int64.max
    var lastIndex = Int64.min
    /// Messages, received or sent, in unreadable blocks or known to be absent.
    var missing: Int64 = 0

    mutating func cover(_ range: ClosedRange<Int64>) {
        firstIndex = min(firstIndex, range.lowerBound)
        lastIndex = max(lastIndex, range.upperBound)
    }
}

/// Decodes every block of a recording, compares it with its row, and compares the blocks with each other.
struct BlockVerification {
    private(set) var messagesOfSession: [Int64: SessionMessages] = [:]

    private let sessions: SessionOfConnection
    private var connections: ConnectionCounts
    private let absences: Absences
    private let archiveDigest: MessageDigest?
    private let digest = MessageDigest()
    private let decoder = BlockDecoder()
    private var merger = MessageMerger()
    /// The number that the next message must have; `nil` before the first, which may have any.
    private var nextIndex: Int64?
    private var lastReceived: [Int64: UnixNanoseconds] = [:]
    /// The message numbers in the rows of unreadable blocks.
    private var damaged: [ClosedRange<Int64>] = []

    init(
        _ sessions: SessionOfConnection,
        _ connections: ConnectionCounts,
        _ absences: Absences,
        _ archiveDigest: MessageDigest?
    ) {
        self.sessions = sessions
        self.connections = connections
        self.absences = absences
        self.archiveDigest = archiveDigest
        for absence in absences.rows where absence.kind == .message {
            guard let sessionID = absence.sessionID else { continue }
            messagesOfSession[sessionID, default: SessionMessages()].missing &+= absence.rowCount
            if let range = absence.messages { messagesOfSession[sessionID]?.cover(range) }
        }
    }

    /// Checks the messages up to number `last`.
    mutating func run(
        _ reader: ArchiveReader,
        through last: Int64,
        _ report: inout RecordingReport
    ) throws(ArchiveError) {
        var blocks = try reader.blocks(ReadRange(messageIndexMax: last))
        while let stored = try blocks.nextStored() {
            while let run = merger.pop(below: stored.firstMessageIndex) { take(run, &report) }
            report.blockCount += 1
            guard let block = decoded(stored, &report) else { continue }
            compare(stored, block, &report)
            checkTimes(of: block, connectionID: stored.connectionID, &report)
            merger.push(connectionID: stored.connectionID, block.truncated(through: last))
        }
        while let run = merger.pop(below: .max) { take(run, &report) }
        report.payloadSHA256 = digest.finish()
        connections.check(&report)
    }

    private mutating func decoded(_ stored: StoredBlock, _ report: inout RecordingReport) -> DecodedBlock? {
        do throws(BlockError) {
            return try decoder.decode(stored.bytes)
        } catch {
            report.add(
                .block,
                connectionID: stored.connectionID,
                firstMessageIndex: stored.firstMessageIndex,
                "\(error); its \(Counted.text(stored.messageCount, "message is", "messages are")) lost"
            )
            note(damaged: stored, &report)
            return nil
        }
    }

    /// Notes the messages of an unreadable block, so that their rows and their session's counts are not reported as
    /// wrong.
    private mutating func note(damaged stored: StoredBlock, _ report: inout RecordingReport) {
        guard stored.firstMessageIndex >= 0, stored.firstMessageIndex <= stored.lastMessageIndex else { return }
        let range = stored.firstMessageIndex...stored.lastMessageIndex
        damaged.append(range)
        report.damagedMessages += stored.claimedMessages
        guard let sessionID = sessions.sessionID(of: stored.connectionID) else { return }
        messagesOfSession[sessionID, default: SessionMessages()].missing += stored.claimedMessages
        messagesOfSession[sessionID]?.cover(range)
    }

    /// Compares the columns of the row with the content of the block.
    private func compare(_ stored: StoredBlock, _ block: DecodedBlock, _ report: inout RecordingReport) {
        for mismatch in stored.mismatches(with: block) {
            report.add(
                .block,
                connectionID: stored.connectionID,
                firstMessageIndex: stored.firstMessageIndex,
                mismatch
            )
        }
    }

    /// Checks that receive times do not run backwards within a live connection; reports at most one problem per block.
    private mutating func checkTimes(
        of block: DecodedBlock,
        connectionID: Int64,
        _ report: inout RecordingReport
    ) {
        guard let sessionID = sessions.sessionID(of: connectionID), sessions.isLive(sessionID) else { return }
        var latest = lastReceived[connectionID] ?? UnixNanoseconds(.min)
        var isReported = false
        for entry in block.batch.entries where entry.direction == .received {
            if entry.tsRecv < latest, !isReported {
                isReported = true
                report.add(
                    .time,
                    connectionID: connectionID,
                    firstMessageIndex: block.messageIndexes.first,
                    "ts_recv \(entry.tsRecv.rawValue) comes after \(latest.rawValue)"
                )
            }
            latest = max(latest, entry.tsRecv)
        }
        lastReceived[connectionID] = latest
    }

    /// Counts and digests messages in stored order.
    private mutating func take(_ run: MessageRun, _ report: inout RecordingReport) {
        checkIndexes(of: run, &report)
        let sessionID = sessions.sessionID(of: run.connectionID)
        var messages = sessionID.flatMap { messagesOfSession[$0] } ?? SessionMessages()
        var traffic = ConnectionCounts.Traffic()
        for position in run.range {
            let entry = run.block.batch.entries[position]
            let isOnSocket: Int64 = entry.kind == .rest ? 0 : 1
            report.payloadBytes += Int64(entry.length)
            guard entry.direction == .received else {
                messages.sent += 1
                traffic.sent += isOnSocket
                report.messagesSent += 1
                continue
            }
            messages.received += 1
            traffic.received += isOnSocket
            report.messagesReceived += 1
            // The digest is that of what a client of a replay gets.
            guard entry.kind != .rest else { continue }
            run.block.batch.withPayload(at: position) { payload in
                digest.update(payload)
                archiveDigest?.update(payload)
            }
            digest.update(0x0A)
            archiveDigest?.update(0x0A)
        }
        connections.add(traffic, to: run.connectionID)
        let numbers = run.block.messageIndexes
        messages.cover(numbers[run.range.lowerBound]...numbers[run.range.upperBound - 1])
        if let sessionID { messagesOfSession[sessionID] = messages }
    }

    private mutating func checkIndexes(of run: MessageRun, _ report: inout RecordingReport) {
        for index in run.block.messageIndexes[run.range] {
            let expected = nextIndex ?? index
            if index > expected {
                reportMissing(expected...index - 1, &report)
            } else if index < expected {
                report.add(.messageIndex, connectionID: run.connectionID, "message \(index) is stored twice")
            }
            nextIndex = max(expected, index &+ 1)
        }
    }
}

extension BlockVerification {
    /// Reports missing messages that are not known to be absent or in a block that was already reported.
    private func reportMissing(_ range: ClosedRange<Int64>, _ report: inout RecordingReport) {
        for part in absences.uncovered(of: range) where !damaged.contains(where: { $0.overlaps(part) }) {
            report.add(.messageIndex, "messages \(part.lowerBound) to \(part.upperBound) are missing")
        }
    }
}

extension DecodedBlock {
    /// The block without messages after number `last`.
    fileprivate func truncated(through last: Int64) -> DecodedBlock {
        let surplus = messageIndexes.reversed().prefix { $0 > last }.count
        guard surplus > 0 else { return self }
        var block = self
        block.messageIndexes.removeLast(surplus)
        block.batch.entries.removeLast(surplus)
        return block
    }
}
