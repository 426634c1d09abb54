import JournalFormat

/// A block as stored in its table.
struct StoredBlock {
    static let columns = """
        connection_id, first_message_index, last_message_index, message_count, ts_first, ts_last, payload_bytes, block
        """

    let connectionID: Int64
    let firstMessageIndex: Int64
    let lastMessageIndex: Int64
    let messageCount: Int64
    let tsFirst: Int64
    let tsLast: Int64
    let payloadBytes: Int64
    let bytes: [UInt8]

    /// Reads a row of ``columns``.
    init(_ row: PreparedStatement) {
        connectionID = row.integer(0)
        firstMessageIndex = row.integer(1)
        lastMessageIndex = row.integer(2)
        messageCount = row.integer(3)
        tsFirst = row.integer(4)
        tsLast = row.integer(5)
        payloadBytes = row.integer(6)
        bytes = row.bytes(7)
    }

    /// The number of messages that an unreadable block may have held: its row may be damaged, too.
    var claimedMessages: Int64 { min(max(0, messageCount), Int64(BlockLimits.messageCountMax)) }

    func decoded(by decoder: BlockDecoder, path: String) throws(ArchiveError) -> DecodedBlock {
        do throws(BlockError) {
            return try decoder.decode(bytes)
        } catch {
            throw ArchiveError(
                code: .corrupted,
                path: path,
                detail: "cannot read the block from message \(firstMessageIndex) of '\(path)': \(error)",
                hint: "run 'feedrec verify' on it"
            )
        }
    }
}
