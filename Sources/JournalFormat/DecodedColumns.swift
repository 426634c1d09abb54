internal import MarketModel

/// Decodes the columns of a block into entries.
struct DecodedColumns {
    private(set) var messageIndexes: [Int64] = []
    /// Offsets are relative to the first payload.
    private(set) var entries: [MessageBatch.Entry] = []

    /// Reads `columns`, which must be exactly all columns; returns an error, or `nil` if they are valid.
    ///
    /// The error is returned, because closures of the standard library lose the type of thrown errors.
    mutating func read(_ columns: UnsafeRawBufferPointer, header: BlockHeader) -> BlockError? {
        var cursor = ColumnCursor(columns)
        do throws(BlockError) {
            try readIndexes(&cursor, header: header)
            try readTimes(&cursor, header: header)
            try readLengths(&cursor, header: header)
            try readFlags(&cursor)
        } catch {
            return error
        }
        guard cursor.isAtEnd else {
            let detail = "bytes after the last column, column bytes"
            return .mismatch(.invalidColumn, cursor.position, cursor.position, columns.count, detail)
        }
        return nil
    }

    private mutating func readIndexes(_ cursor: inout ColumnCursor, header: BlockHeader) throws(BlockError) {
        messageIndexes.reserveCapacity(header.messageCount)
        var index = header.firstMessageIndex
        for number in 0..<header.messageCount {
            let offset = cursor.position
            guard let delta = cursor.varint() else { throw .unreadable("index", number, offset) }
            guard (delta == 0) == (number == 0), delta <= UInt64(Int64.max - index) else {
                throw BlockError(.invalidColumn, byteOffset: offset, "index of message \(number) steps by \(delta)")
            }
            index += Int64(delta)
            messageIndexes.append(index)
        }
    }

    private mutating func readTimes(_ cursor: inout ColumnCursor, header: BlockHeader) throws(BlockError) {
        entries.reserveCapacity(header.messageCount)
        var time = header.tsFirst
        for number in 0..<header.messageCount {
            let offset = cursor.position
            guard let delta = cursor.varint() else { throw .unreadable("time", number, offset) }
            guard number > 0 || delta == 0 else {
                throw BlockError(.invalidColumn, byteOffset: offset, "time of the first message is not in the header")
            }
            time &+= Varint.unzigzag(delta)
            let tsRecv = UnixNanoseconds(time)
            entries.append(.init(offset: 0, length: 0, tsRecv: tsRecv, direction: .received, kind: .text))
        }
    }

    private mutating func readLengths(_ cursor: inout ColumnCursor, header: BlockHeader) throws(BlockError) {
        var payloadOffset = 0
        for number in entries.indices {
            let offset = cursor.position
            guard let length = cursor.varint() else { throw .unreadable("length", number, offset) }
            let rest = UInt64(header.payloadBytes - payloadOffset)
            guard length <= rest else {
                let detail = "length of message \(number) passes the end of the payloads, bytes left"
                throw BlockError(.invalidColumn, byteOffset: offset, expected: rest, actual: length, detail)
            }
            entries[number].offset = payloadOffset
            entries[number].length = Int(length)
            payloadOffset += Int(length)
        }
        guard payloadOffset == header.payloadBytes else {
            let detail = "lengths do not add up to the payload bytes"
            throw .mismatch(.invalidColumn, cursor.position, header.payloadBytes, payloadOffset, detail)
        }
    }

    private mutating func readFlags(_ cursor: inout ColumnCursor) throws(BlockError) {
        for number in entries.indices {
            let offset = cursor.position
            guard let flags = cursor.byte() else { throw .unreadable("flags", number, offset) }
            guard flags < 16, let direction = MessageDirection(rawValue: flags & 1),
                let kind = MessageKind(rawValue: flags >> 1 & 3)
            else {
                throw BlockError(.invalidColumn, byteOffset: offset, "flags of message \(number) are \(flags)")
            }
            entries[number].direction = direction
            entries[number].kind = kind
            entries[number].isRedacted = flags & 8 != 0
        }
    }
}

extension BlockError {
    fileprivate static func unreadable(_ column: String, _ number: Int, _ offset: Int) -> BlockError {
        BlockError(.invalidColumn, byteOffset: offset, "\(column) of message \(number) cannot be read")
    }
}
