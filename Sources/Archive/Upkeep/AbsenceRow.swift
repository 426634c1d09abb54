package import MarketModel

/// Why data that was once stored is no longer there.
package enum AbsenceCause: String, Hashable, Sendable {
    /// The data could no longer be read; `verify --repair` kept the rest.
    case damage
    /// The data was over a retention limit.
    case prune
}

/// The kinds of data that an absence counts.
package enum AbsentKind: String, Hashable, Sendable, CaseIterable {
    case message, quote, trade, marginUpdate = "margin_update", event, oddity, bar, gap
}

/// A row of `absence`: data that was once stored and is no longer there.
package struct AbsenceRow: Hashable, Sendable {
    /// `nil` for bars, which belong to no session, and if the session is not known.
    package var sessionID: Int64?
    package var kind: AbsentKind
    package var cause: AbsenceCause
    /// The numbers of the missing messages; `nil` for other kinds.
    package var messages: ClosedRange<Int64>?
    /// The number of missing rows or messages.
    package var rowCount: Int64
    package var tsNoted: UnixNanoseconds
}

extension AbsenceRow {
    /// Larger numbers are damage: no recording has that many rows.
    private static let countMax: Int64 = 1 << 53

    /// All rows of a recording; empty if its schema does not have the table.
    static func all(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [AbsenceRow] {
        guard try RowQueries.hasTable("absence", on: handle, path: path) else { return [] }
        let statement = try PreparedStatement(
            """
            SELECT session_id, kind, cause, first_message_index, last_message_index, row_count, ts_noted FROM absence
            ORDER BY absence_id
            """,
            on: handle,
            path: path
        )
        var rows: [AbsenceRow] = []
        while try statement.step() {
            guard let kind = AbsentKind(rawValue: statement.text(1)),
                let cause = AbsenceCause(rawValue: statement.text(2))
            else { continue }
            var messages: ClosedRange<Int64>?
            if let first = statement.optionalInteger(3), let last = statement.optionalInteger(4), first <= last,
                first >= 0,
                last < countMax
            {
                messages = first...last
            }
            rows.append(
                AbsenceRow(
                    sessionID: statement.optionalInteger(0),
                    kind: kind,
                    cause: cause,
                    messages: messages,
                    rowCount: min(max(0, statement.integer(5)), countMax),
                    tsNoted: UnixNanoseconds(statement.integer(6))
                )
            )
        }
        return rows
    }

    func insert(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        let statement = try PreparedStatement(
            """
            INSERT INTO absence (session_id, kind, cause, first_message_index, last_message_index, row_count, ts_noted)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
        statement.bind(1, sessionID)
        statement.bind(2, kind.rawValue)
        statement.bind(3, cause.rawValue)
        statement.bind(4, messages?.lowerBound)
        statement.bind(5, messages?.upperBound)
        statement.bind(6, rowCount)
        statement.bind(7, tsNoted.rawValue)
        try statement.run()
    }
}

/// The known absences of a recording, by session and by message number.
struct Absences {
    /// Ranges of messages in ascending order; adjacent ranges are merged.
    private(set) var messages: [ClosedRange<Int64>] = []
    private(set) var rows: [AbsenceRow] = []

    init(_ rows: [AbsenceRow]) {
        self.rows = rows
        for range in rows.compactMap(\.messages).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = messages.last, range.lowerBound <= last.upperBound + 1 {
                messages[messages.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                messages.append(range)
            }
        }
    }

    /// The number of rows of a kind that a session is known to lack.
    func count(_ kind: AbsentKind, session: Int64?) -> Int64 {
        rows.reduce(0) { $0 &+ ($1.kind == kind && $1.sessionID == session ? $1.rowCount : 0) }
    }

    /// The parts of `range` that no absence covers.
    func uncovered(of range: ClosedRange<Int64>) -> [ClosedRange<Int64>] {
        var rest: [ClosedRange<Int64>] = []
        var next = range.lowerBound
        for absent in messages where absent.upperBound >= next && absent.lowerBound <= range.upperBound {
            if absent.lowerBound > next { rest.append(next...absent.lowerBound - 1) }
            next = absent.upperBound + 1
        }
        if next <= range.upperBound { rest.append(next...range.upperBound) }
        return rest
    }
}

/// A row of `upkeep`: a change to a recording after it was made.
package struct UpkeepRow: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case compact, prune, rebuild, repair }

    package var kind: Kind
    package var ts: UnixNanoseconds
    package var programVersion: String
    /// JSON text.
    package var detail: String

    func insert(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        let sql = "INSERT INTO upkeep (ts, kind, program_version, detail) VALUES (?, ?, ?, ?)"
        let statement = try PreparedStatement(sql, on: handle, path: path)
        statement.bind(1, ts.rawValue)
        statement.bind(2, kind.rawValue)
        statement.bind(3, programVersion)
        statement.bind(4, detail)
        try statement.run()
    }
}

/// The time and program version of a change, which are stored in the recording.
package struct UpkeepStamp: Hashable, Sendable {
    package let now: UnixNanoseconds
    package let programVersion: String

    package init(now: UnixNanoseconds, programVersion: String) {
        self.now = now
        self.programVersion = programVersion
    }
}
