import MarketModel

/// The row of `seal`: the content of a recording when it was finished, or after upkeep last changed it.
struct Seal {
    let messageCount: Int64
    let payloadSHA256: String

    /// `nil` for a recording that is not sealed.
    init?(_ reader: ArchiveReader) throws(ArchiveError) {
        let found = try reader.read { handle throws(ArchiveError) -> (Int64, String)? in
            guard try RowQueries.hasTable("seal", on: handle, path: reader.path) else { return nil }
            let sql = "SELECT message_count, payload_sha256 FROM seal"
            let statement = try PreparedStatement(sql, on: handle, path: reader.path)
            defer { statement.reset() }
            return try statement.step() ? (statement.integer(0), statement.text(1)) : nil
        }
        guard let found else { return nil }
        (messageCount, payloadSHA256) = found
    }

    /// Compares the seal with the content of the blocks.
    func check(_ report: inout RecordingReport) {
        let count = report.messagesReceived + report.messagesSent
        if count != messageCount {
            report.add(.seal, "it was sealed with \(Counted.text(messageCount, "message")), and holds \(count)")
        } else if report.payloadSHA256 != payloadSHA256 {
            report.add(
                .seal,
                "its payloads have changed since it was sealed: SHA-256 \(payloadSHA256) then, "
                    + "\(report.payloadSHA256) now"
            )
        }
    }

    /// Updates the seal of a changed recording, if it has one.
    static func renew(
        _ replacement: RecordingReplacement,
        messageCount: Int64,
        payloadSHA256: String
    ) throws(ArchiveError) {
        let statement = try replacement.statement("UPDATE seal SET message_count = ?, payload_sha256 = ?")
        statement.bind(1, messageCount)
        statement.bind(2, payloadSHA256)
        try statement.run()
    }
}
