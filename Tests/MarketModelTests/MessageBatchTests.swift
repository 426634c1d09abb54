import MarketModel
import Testing

struct MessageBatchTests {
    private struct Message {
        let payload: [UInt8]
        let kind: MessageKind
        let direction: MessageDirection
        let tsRecv: UnixNanoseconds

        init(_ number: Int) {
            payload = (0..<number * 7 % 40).map { UInt8(truncatingIfNeeded: $0 * 31 + number) }
            kind = number % 3 == 0 ? .binary : .text
            direction = number % 5 == 0 ? .sent : .received
            tsRecv = UnixNanoseconds(Int64(number) - 25)
        }
    }

    private let messages = (0..<50).map(Message.init)

    private func check(_ batch: MessageBatch, _ expected: [Message]) {
        #expect(batch.count == expected.count)
        #expect(batch.isEmpty == expected.isEmpty)
        #expect(batch.bytes.count == expected.reduce(0) { $0 + $1.payload.count })
        for (index, message) in expected.enumerated() {
            #expect(batch.payload(at: index) == message.payload)
            #expect(batch.withPayload(at: index) { Array($0) } == message.payload)
            #expect(batch.entries[index].kind == message.kind)
            #expect(batch.entries[index].direction == message.direction)
            #expect(batch.entries[index].tsRecv == message.tsRecv)
        }
    }

    @Test("messages are returned unchanged, from bytes or sequences, including empty ones")
    func appending() {
        var batch = MessageBatch()
        check(batch, [])
        for (index, message) in messages.enumerated() {
            if index.isMultiple(of: 2) {
                batch.append(message.payload, kind: message.kind, direction: message.direction, tsRecv: message.tsRecv)
            } else {
                message.payload.withUnsafeBytes {
                    batch.append($0, kind: message.kind, direction: message.direction, tsRecv: message.tsRecv)
                }
            }
        }
        check(batch, messages)
    }

    @Test("messages copied from another batch keep everything except their position")
    func picking() {
        var source = MessageBatch()
        for message in messages {
            source.append(
                AnySequence(message.payload),
                kind: message.kind,
                direction: message.direction,
                tsRecv: message.tsRecv
            )
        }
        var picked = MessageBatch()
        let order = Array(messages.indices.reversed()) + [7, 7]
        for index in order { picked.append(messageAt: index, of: source) }
        check(picked, order.map { messages[$0] })
        check(source, messages)
    }

    @Test("an emptied batch starts again")
    func emptying() {
        var batch = MessageBatch()
        batch.append([1, 2, 3], direction: .received, tsRecv: UnixNanoseconds(1))
        batch.removeAll()
        check(batch, [])
        let message = messages[4]
        batch.append(message.payload, kind: message.kind, direction: message.direction, tsRecv: message.tsRecv)
        check(batch, [message])
    }
}
