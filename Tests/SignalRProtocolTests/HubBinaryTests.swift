import MarketModel
import SignalRProtocol
import Testing

/// MessagePack conversations as they arrive: complete, split, and damaged.
struct HubBinaryTests {
    @Test("a conversation reads the same for every split", arguments: [2, 3, 7, 64, 4096])
    func splits(payloadBytes: Int) throws {
        let records = ["{}"] + RandomHub(seed: 1).records(60)
        let wire = try Self.wire(records)
        var reader = HubBinaryReader()
        let read = Self.read(wire.chunked(payloadBytes), &reader)
        #expect(read.problems.isEmpty)
        #expect(read.text == records.map { $0 + "\u{1E}" }.joined())
    }

    @Test("a conversation reads the same wherever it is cut in two")
    func everyCut() throws {
        let records = [
            "{}", #"{"type":6}"#, #"{"type":2,"invocationId":"1","item":"\#(String(repeating: "x", count: 300))"}"#,
        ]
        let wire = try Self.wire(records)
        for cut in 2..<wire.count {
            var reader = HubBinaryReader()
            let read = Self.read([Array(wire[..<cut]), Array(wire[cut...])], &reader)
            #expect(read.text == records.map { $0 + "\u{1E}" }.joined(), "cut at \(cut)")
            #expect(read.problems.isEmpty)
        }
    }

    @Test("random records survive the conversion to MessagePack and back", arguments: 1...5 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        for (index, record) in RandomHub(seed: seed).records(60).enumerated() {
            let wire = try Hub.messagePack(record)
            var scanner = HubMessagePackScanner()
            var position = 0
            let message = try wire.withUnsafeBytes { bytes -> [UInt8] in
                guard case .message(let range) = try scanner.next(in: bytes, at: &position) else { return [] }
                return Array(bytes[range])
            }
            #expect(position == wire.count)
            #expect(try Hub.json(message) == record, "seed \(seed)")
            // Every cut of every record would take twenty seconds.
            guard index.isMultiple(of: 4) else { continue }
            let readable = message.indices.filter { (try? Hub.json(Array(message[..<$0]))) != nil }
            #expect(readable.isEmpty, "seed \(seed), cut at \(readable): \(record)")
        }
    }

    @Test("random bytes are read to the end, or rejected", arguments: 1...4 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for round in 0..<2000 {
            var message = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Half of them begin like a message.
            if round.isMultiple(of: 2) { message = [0x96, UInt8(round % 10)] + message }
            if let json = try? Hub.json(message) {
                let record = try? Array(json.utf8).withUnsafeBytes { try HubRecord($0).bytes.count }
                #expect(record != nil, "seed \(seed): \(message)")
            }
            var reader = HubBinaryReader(bytesMax: 100)
            _ = Self.read(message.chunked(5), &reader)
        }
    }

    @Test("a message over the limit is skipped, and the next ones are read", arguments: [3, 50, 5000])
    func tooLong(payloadBytes: Int) throws {
        let long = #"{"type":2,"invocationId":"1","item":"\#(String(repeating: "x", count: 1000))"}"#
        var reader = HubBinaryReader(bytesMax: 100)
        let read = Self.read(
            try Self.wire([#"{"type":6}"#, long, #"{"type":6}"#], handshake: false).chunked(payloadBytes),
            &reader
        )
        #expect(read.text == "{\"type\":6}\u{1E}{\"type\":6}\u{1E}")
        #expect(read.problems.map(\.reason) == ["a message of more than 100 bytes"])
        #expect(read.problems.map(\.bytes) == [1008])
    }

    @Test("a bad message loses only itself, and a bad length all that follows")
    func broken() {
        var reader = HubBinaryReader()
        let ping: [UInt8] = [2, 0x91, 6]
        #expect(Self.read([ping + [1, 0xc1] + ping], &reader).text == "{\"type\":6}\u{1E}{\"type\":6}\u{1E}")
        #expect(!reader.isBroken)
        let read = Self.read([ping + [0xff, 0xff, 0xff, 0xff, 0xff] + ping, ping], &reader)
        #expect(read.text == "{\"type\":6}\u{1E}")
        #expect(read.problems.count == 1 && reader.isBroken)
        var other = HubBinaryReader()
        #expect(Self.read([[0xff, 0xff, 0xff, 0xff, 0x0f]], &other).problems.count == 1)
    }

    @Test("output becomes binary after the handshake, message by message")
    func writer() throws {
        var batch = MessageBatch()
        batch.append("before".utf8, direction: .sent, tsRecv: UnixNanoseconds(1))
        let texts = [
            "{\"protocol\":\"messagepack\",\"version\":1}\u{1E}", "{\"type\":6}\u{1E}{\"type\":7}\u{1E}",
            "no JSON\u{1E}",
        ]
        for text in texts { batch.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(2)) }
        var writer = HubBinaryWriter()
        #expect(writer.encode(&batch, from: 1) == 1)
        #expect(batch.entries.map(\.kind) == [.text, .binary, .binary])
        #expect(batch.entries.map(\.tsRecv) == [UnixNanoseconds(1), UnixNanoseconds(2), UnixNanoseconds(2)])
        #expect(batch.payload(at: 0) == Array("before".utf8))
        #expect(batch.payload(at: 1) == Array(texts[0].utf8))
        #expect(batch.payload(at: 2) == bytes("02 9106 04 9307c0c2"))
        batch.append("{\"type\":6}\u{1E}".utf8, direction: .sent, tsRecv: UnixNanoseconds(3))
        #expect(writer.encode(&batch, from: 3) == 0)
        #expect(batch.payload(at: 3) == bytes("02 9106"))
        #expect(writer.encode(&batch, from: 4) == 0)
    }

    // MARK: Help

    private static func wire(_ records: [String], handshake: Bool = true) throws -> [UInt8] {
        var wire: [UInt8] = []
        for (index, record) in records.enumerated() {
            wire += index == 0 && handshake ? Array(record.utf8) + [0x1E] : try Hub.messagePack(record)
        }
        return wire
    }

    private static func read(
        _ payloads: [[UInt8]],
        _ reader: inout HubBinaryReader
    ) -> (text: String, problems: [HubBinaryReader.Problem]) {
        var output: [UInt8] = []
        var problems: [HubBinaryReader.Problem] = []
        for payload in payloads {
            payload.withUnsafeBytes { reader.appendRecords(of: $0, to: &output, problems: &problems) }
        }
        return (String(decoding: output, as: UTF8.self), problems)
    }
}

extension [UInt8] {
    fileprivate func chunked(_ size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}

/// Makes records of all types, written as the transcoder writes them.
struct RandomHub {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    func records(_ count: Int) -> [String] {
        var copy = self
        return (0..<count).map { _ in copy.record() }
    }

    private mutating func record() -> String {
        let id = #""invocationId":"\#(number(0...99))""#
        switch number(1...9) {
        case 1: return #"{"type":1,"target":"\#(text())","arguments":\#(list(0))}"#
        case 2: return #"{"type":2,\#(id),"item":\#(value(0))}"#
        case 3: return #"{"type":3,\#(id),"result":\#(value(0))}"#
        case 4: return #"{"type":4,\#(id),"target":"\#(text())","arguments":\#(list(0)),"streamIds":["9"]}"#
        case 5: return #"{"type":5,\#(id)}"#
        case 6: return #"{"type":6}"#
        case 7: return #"{"type":7,"error":"\#(text())","allowReconnect":true}"#
        case 8: return #"{"type":8,"sequenceId":\#(number(0...70000))}"#
        default: return #"{"type":3,"headers":{"h":"\#(text())"},\#(id),"error":"\#(text())"}"#
        }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    private mutating func text() -> String {
        (0..<number(0...40)).map { _ in ["a", "Z", "0", " ", "ž", "€", "🐎", "\\n", "\\\"", "\\\\"][number(0...9)] }
            .joined()
    }

    private mutating func list(_ depth: Int) -> String {
        "[" + (0..<number(0...(depth == 0 ? 20 : 4))).map { _ in value(depth + 1) }.joined(separator: ",") + "]"
    }

    private mutating func value(_ depth: Int) -> String {
        switch number(0...(depth > 4 ? 5 : 7)) {
        case 0: return "null"
        case 1: return number(0...1) == 0 ? "true" : "false"
        case 2: return "\"\(text())\""
        case 3: return "\(Int64.random(in: .min ... .max, using: &generator) >> Int64(number(0...63)))"
        case 4: return "\(UInt64.random(in: 0 ... .max, using: &generator))"
        case 5: return "\(Double.random(in: -10...10, using: &generator))"
        case 6: return list(depth)
        default:
            let members = (0..<number(0...20)).map { index in #""k\#(index)":\#(value(depth + 1))"# }
            return "{" + members.joined(separator: ",") + "}"
        }
    }
}
