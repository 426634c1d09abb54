import MarketModel

/// Compares the messages of each connection with the number that its socket has carried.
///
/// The row of a closed connection counts the messages of its whole life, including those in other files and those that
/// could not be stored. A recording may therefore have fewer of them, but never more. If it has more, a block names the
/// wrong connection. Connections without counts (open, killed, imported, or with zeros only) are not compared.
struct ConnectionCounts {
    struct Traffic: Hashable {
        var received: Int64 = 0
        var sent: Int64 = 0
    }

    private var claimed: [Int64: Traffic] = [:]
    private var stored: [Int64: Traffic] = [:]

    init(_ reader: ArchiveReader) throws(ArchiveError) {
        claimed = try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT c.connection_id, c.messages_received, c.messages_sent FROM connection c
                JOIN feed f ON f.feed_id = c.feed_id JOIN session s ON s.session_id = f.session_id
                WHERE s.kind = 'record' AND c.messages_received + c.messages_sent > 0
                """,
                on: handle,
                path: reader.path
            )
            var claimed: [Int64: Traffic] = [:]
            while try statement.step() {
                claimed[statement.integer(0)] = Traffic(received: statement.integer(1), sent: statement.integer(2))
            }
            return claimed
        }
    }

    /// Counts stored messages of a connection, without HTTP exchanges, which do not pass through its socket.
    mutating func add(_ traffic: Traffic, to connectionID: Int64) {
        var sum = stored[connectionID] ?? Traffic()
        sum.received &+= traffic.received
        sum.sent &+= traffic.sent
        stored[connectionID] = sum
    }

    func check(_ report: inout RecordingReport) {
        for (connectionID, stored) in stored.sorted(by: { $0.key < $1.key }) {
            guard let claimed = claimed[connectionID] else { continue }
            for (column, claim, count) in [
                ("messages_received", claimed.received, stored.received),
                ("messages_sent", claimed.sent, stored.sent),
            ] where count > claim {
                report.add(
                    .count,
                    connectionID: connectionID,
                    "connection \(connectionID) has \(column) \(claim), but the recording contains \(count): a block "
                        + "may belong to another connection"
                )
            }
        }
    }
}
