import JournalFormat
import MarketModel

/// A message and its index, to compare the input of a block with its output.
struct Sample: Equatable {
    var payload: [UInt8]
    var kind: MessageKind
    var direction: MessageDirection
    var time: Int64
    var index: Int64

    init(
        _ text: String,
        kind: MessageKind = .text,
        direction: MessageDirection = .received,
        time: Int64,
        index: Int64
    ) {
        self.init(payload: Array(text.utf8), kind: kind, direction: direction, time: time, index: index)
    }

    init(payload: [UInt8], kind: MessageKind, direction: MessageDirection, time: Int64, index: Int64) {
        self.payload = payload
        self.kind = kind
        self.direction = direction
        self.time = time
        self.index = index
    }
}

extension [Sample] {
    /// Both directions, both kinds, an empty message, a clock that is set back, and a gap in the indexes.
    static let small: [Sample] = [
        Sample("{\"method\":\"SUBSCRIBE\"}", direction: .sent, time: 1_767_605_400_000_000_000, index: 7),
        Sample("{\"s\":\"EURUSD\",\"b\":1.17012}", time: 1_767_605_400_000_000_250, index: 8),
        Sample("", time: 1_767_605_399_999_999_000, index: 9),
        Sample(
            payload: [0, 1, 0xFE, 0xFF],
            kind: .binary,
            direction: .received,
            time: 1_767_605_401_000_000_000,
            index: 300
        ),
    ]

    /// Typical messages of a feed and unusual ones: empty ones, extreme times, large index gaps.
    static func random(using generator: inout SplitMix64) -> [Sample] {
        var time = Int64.random(in: -1_000_000...2_000_000_000_000_000_000, using: &generator)
        var index = Int64.random(in: 0...1_000_000_000_000, using: &generator)
        return (0..<Int.random(in: 1...60, using: &generator)).map { _ in
            time &+= Int64.random(in: -50...1_000_000, using: &generator)
            if Int.random(in: 0..<30, using: &generator) == 0 { time = .random(in: .min ... .max, using: &generator) }
            let isFarAway = Int.random(in: 0..<10, using: &generator) == 0
            index += .random(in: 1...(isFarAway ? 1 << 40 : 3), using: &generator)
            let bytes = Int.random(in: 0...(isFarAway ? 3000 : 90), using: &generator)
            let letters = UInt8.random(in: 1...255, using: &generator)
            return Sample(
                payload: (0..<bytes).map { _ in .random(in: 0...letters, using: &generator) },
                kind: Bool.random(using: &generator) ? .text : .binary,
                direction: Bool.random(using: &generator) ? .received : .sent,
                time: time,
                index: index
            )
        }
    }

    /// A builder with these messages, appended one by one.
    func builder() -> MessageBlockBuilder {
        var builder = MessageBlockBuilder()
        for sample in self { builder.append(sample) }
        return builder
    }

    func block(with compressor: ZstdCompressor?) throws -> [UInt8] {
        try builder().encode(with: compressor).bytes
    }
}

extension MessageBlockBuilder {
    mutating func append(_ sample: Sample) {
        sample.payload.withUnsafeBytes {
            append(
                $0,
                kind: sample.kind,
                direction: sample.direction,
                tsRecv: UnixNanoseconds(sample.time),
                messageIndex: sample.index
            )
        }
    }
}

extension DecodedBlock {
    var samples: [Sample] {
        batch.entries.indices.map { number in
            Sample(
                payload: batch.payload(at: number),
                kind: batch.entries[number].kind,
                direction: batch.entries[number].direction,
                time: batch.entries[number].tsRecv.rawValue,
                index: messageIndexes[number]
            )
        }
    }
}
