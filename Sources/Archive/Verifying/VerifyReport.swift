/// A problem found in a recording.
package struct VerifyProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        /// A result of SQLite's own check of the file.
        case database
        /// A block that cannot be decoded, or whose row does not agree with its content.
        case block
        /// Message numbers that are missing or stored twice.
        case messageIndex
        /// Times that run backwards within a connection.
        case time
        /// Rows whose messages are not stored, or that break a rule of the schema.
        case row
        /// Counts of a session that differ from the stored rows, or a connection with more messages than it carried.
        case count
        /// Complete bars that a gap touches.
        case bar
        /// A sealed recording whose content has changed since.
        case seal
    }

    package let kind: Kind
    package let file: String
    package let connectionID: Int64?
    /// The number of the first message in the block concerned.
    package let firstMessageIndex: Int64?
    /// One lower-case line.
    package let reason: String

    package var description: String {
        guard let firstMessageIndex else { return "'\(file)': \(reason)" }
        return "'\(file)', block from message \(firstMessageIndex): \(reason)"
    }
}

/// The result of verifying one recording.
package struct RecordingReport: Hashable, Sendable {
    /// The maximum number of listed problems; further ones are only counted.
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
    /// Bars made by the venue.
    package internal(set) var venueBarCount: Int64 = 0
    package internal(set) var barCount: Int64 = 0
    package internal(set) var eventCount: Int64 = 0
    package internal(set) var oddityCount: Int64 = 0
    package internal(set) var gapCount: Int64 = 0
    /// Sessions without an end: still running, or killed.
    package internal(set) var openSessionCount = 0
    /// SHA-256 over the received payloads in stored order, each followed by the byte 0x0A.
    package internal(set) var payloadSHA256 = ""
    /// The known absences: not a problem, but missing data.
    package internal(set) var absences: [AbsenceRow] = []
    /// The number of messages in unreadable blocks, by the rows of those blocks.
    package internal(set) var damagedMessages: Int64 = 0
    /// False if damage prevented the rows from being counted; the row counts are then meaningless.
    package internal(set) var areRowsCounted = false
    /// The share of time in which each instrument was recorded.
    package internal(set) var coverage = Coverage()
    /// The order books, and the share of time in which each was valid.
    package internal(set) var books: [BookHealth] = []
    /// Counts that differ, for the repair.
    var mismatches: [CountMismatch] = []
    /// The message numbers that rows may refer to, one range for each session.
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

/// A session whose claimed number of rows differs from the stored rows.
struct CountMismatch: Hashable, Sendable {
    /// `nil` for bars, which only the sum over all sessions counts.
    let sessionID: Int64?
    let column: String
    let kind: AbsentKind
    let claimed: Int64
    /// The number of stored rows plus known absences.
    let accounted: Int64
}

/// The result of verifying an archive.
package struct VerifyReport: Hashable, Sendable {
    package internal(set) var recordings: [RecordingReport] = []
    /// Entries that are named like recordings but were not verified, including copies.
    package internal(set) var findings: [ArchiveFinding] = []
    /// Like ``RecordingReport/payloadSHA256``, over all recordings in order.
    package internal(set) var payloadSHA256 = ""

    package var isSound: Bool { problemCount == 0 }
    /// The number of problems in recordings plus the number of findings that are problems.
    package var problemCount: Int {
        recordings.reduce(findings.count(where: \.isProblem)) { $0 + $1.problemCount }
    }
    package var problems: [VerifyProblem] { recordings.flatMap(\.problems) }
    package var messagesReceived: Int64 { recordings.reduce(0) { $0 + $1.messagesReceived } }
    /// The lowest coverage of any instrument in any recording; 1 if there is none.
    package var leastCoverage: Double { recordings.map(\.coverage.least).min() ?? 1 }
}
