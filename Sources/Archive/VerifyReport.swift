/// Something in a recording that is not as it should be.
package struct VerifyProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        /// SQLite's own check of the file.
        case database
        /// A block that cannot be decoded, or whose row says something else than its content.
        case block
        /// Message numbers that are missing or stored twice.
        case messageIndex
        /// Times that run backwards within a connection.
        case time
        /// Rows of messages that are not there.
        case row
        /// Counts of a session that differ from what is stored.
        case count
        /// Complete bars that a gap touches.
        case bar
        /// A finished recording that holds something else than when it was finished.
        case seal
    }

    package let kind: Kind
    package let file: String
    package let connectionID: Int64?
    /// Number of the first message of the block concerned.
    package let firstMessageIndex: Int64?
    /// One lower-case line.
    package let reason: String

    package var description: String {
        guard let firstMessageIndex else { return "'\(file)': \(reason)" }
        return "'\(file)', block from message \(firstMessageIndex): \(reason)"
    }
}

/// What verifying one recording found.
package struct RecordingReport: Hashable, Sendable {
    /// Problems listed at most; further ones are counted only.
    package static let problemsMax = 200

    package let file: String
    package internal(set) var problems: [VerifyProblem] = []
    package internal(set) var problemCount = 0
    package internal(set) var blockCount: Int64 = 0
    package internal(set) var messagesReceived: Int64 = 0
    package internal(set) var messagesSent: Int64 = 0
    package internal(set) var payloadBytes: Int64 = 0
    package internal(set) var quoteCount: Int64 = 0
    package internal(set) var tradeCount: Int64 = 0
    package internal(set) var marginUpdateCount: Int64 = 0
    package internal(set) var orderUpdateCount: Int64 = 0
    /// Bars that the venue made.
    package internal(set) var venueBarCount: Int64 = 0
    package internal(set) var barCount: Int64 = 0
    package internal(set) var eventCount: Int64 = 0
    package internal(set) var oddityCount: Int64 = 0
    package internal(set) var gapCount: Int64 = 0
    /// Sessions without an end: still running, or killed.
    package internal(set) var openSessionCount = 0
    /// SHA-256 over the payloads received, in stored order, each followed by 0x0A.
    package internal(set) var payloadSHA256 = ""
    /// What was stored once and is known not to be there any more: no problem, but missing.
    package internal(set) var absences: [AbsenceRow] = []
    /// Messages in blocks that cannot be read, by the rows of those blocks.
    package internal(set) var damagedMessages: Int64 = 0
    /// False where damage kept the rows from being counted: the counts of rows mean nothing then.
    package internal(set) var areRowsCounted = false
    /// How much of the time each instrument was recorded.
    package internal(set) var coverage = Coverage()
    /// Counts that differ, for who repairs them.
    var mismatches: [CountMismatch] = []
    /// Messages that rows may belong to, a range a session.
    var sessionBounds: [ClosedRange<Int64>] = []

    package var isSound: Bool { problemCount == 0 }

    init(file: String) {
        self.file = file
    }

    mutating func add(
        _ kind: VerifyProblem.Kind,
        connectionID: Int64? = nil,
        firstMessageIndex: Int64? = nil,
        _ reason: String
    ) {
        problemCount += 1
        guard problems.count < Self.problemsMax else { return }
        problems.append(
            VerifyProblem(
                kind: kind,
                file: file,
                connectionID: connectionID,
                firstMessageIndex: firstMessageIndex,
                reason: reason
            )
        )
    }
}

/// A session that stored another number of rows, by its own account, than there are.
struct CountMismatch: Hashable, Sendable {
    /// `nil` for bars, whose number the sessions tell together.
    let sessionID: Int64?
    let column: String
    let kind: AbsentKind
    let claimed: Int64
    /// What is there, and what is known to be absent.
    let accounted: Int64
}

/// What verifying an archive found.
package struct VerifyReport: Hashable, Sendable {
    package internal(set) var recordings: [RecordingReport] = []
    /// What is named like a recording and was not verified, copies included.
    package internal(set) var findings: [ArchiveFinding] = []
    /// As ``RecordingReport/payloadSHA256``, over all recordings one after the other.
    package internal(set) var payloadSHA256 = ""

    package var isSound: Bool { problemCount == 0 }
    /// Problems of the recordings, and files that are no whole recording.
    package var problemCount: Int {
        recordings.reduce(findings.count(where: \.isProblem)) { $0 + $1.problemCount }
    }
    package var problems: [VerifyProblem] { recordings.flatMap(\.problems) }
    package var messagesReceived: Int64 { recordings.reduce(0) { $0 + $1.messagesReceived } }
    /// The least coverage of any instrument of any recording; 1 where there is none.
    package var leastCoverage: Double { recordings.map(\.coverage.least).min() ?? 1 }
}
