import MarketModel

extension ChangeBuffer {
    /// Only what a keeper needs of a change: its numbers, checksum and levels.
    func write(to writer: inout CheckpointWriter) {
        writer.write(messages.count)
        for message in messages {
            let numbers = [message.first, message.last, message.previous, message.checksum.map(Int64.init)]
            var flags: UInt8 = 0
            for (bit, number) in numbers.enumerated() where number != nil { flags |= 1 << UInt8(bit) }
            writer.write(byte: flags)
            for number in numbers { if let number { writer.writeSigned(number) } }
            writer.write(message.levels.count)
            var coder = CheckpointLevelCoder()
            for level in levels[message.levels] {
                writer.write(byte: level.side.rawValue)
                coder.write(level, to: &writer)
            }
        }
    }

    init(from reader: inout CheckpointReader) throws(CheckpointError) {
        self.init()
        let count = try reader.count(bytesEach: 2)
        guard count <= Self.messagesMax else { throw .malformed("too many changes wait") }
        for _ in 0..<count {
            let (message, levels) = try Self.readChange(from: &reader)
            append(message, levels: levels[...])
        }
        guard messages.count == count else { throw .malformed("too many changes wait") }
    }

    private static func readChange(
        from reader: inout CheckpointReader
    ) throws(CheckpointError) -> (BookMessage, [BookLevel]) {
        var message = BookMessage(origin: EventOrigin(message: 0, item: 0), book: BookIndex(0), kind: .change)
        let flags = try reader.byte()
        guard flags < 16 else { throw .malformed("a change has an unknown flag") }
        if flags & 1 != 0 { message.first = try reader.signed() }
        if flags & 2 != 0 { message.last = try reader.signed() }
        if flags & 4 != 0 { message.previous = try reader.signed() }
        if flags & 8 != 0 {
            guard let checksum = UInt32(exactly: try reader.signed()) else {
                throw .malformed("a checksum is too large")
            }
            message.checksum = checksum
        }
        let count = try reader.count(bytesEach: 4)
        var levels: [BookLevel] = []
        var coder = CheckpointLevelCoder()
        for _ in 0..<count {
            guard let side = BookSide(rawValue: try reader.byte()) else { throw .malformed("a side is unknown") }
            levels.append(try coder.read(side: side, from: &reader))
        }
        return (message, levels)
    }
}
