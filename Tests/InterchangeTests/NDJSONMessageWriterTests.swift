import Foundation
import Interchange
import MarketModel
import Testing

struct NDJSONMessageWriterTests {
    private func line(
        _ payload: [UInt8],
        kind: MessageKind = .text,
        direction: MessageDirection = .received
    ) -> [UInt8] {
        var batch = MessageBatch()
        batch.append(payload, kind: kind, direction: direction, tsRecv: UnixNanoseconds(1_723_161_253_937_085_768))
        var output: [UInt8] = []
        NDJSONMessageWriter().append(messageAt: 0, of: batch, connection: 7, to: &output)
        return output
    }

    private func object(_ line: [UInt8]) throws -> [String: Any] {
        #expect(line.last == 0x0A && line.dropLast().allSatisfy { $0 >= 0x20 })
        return try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    @Test("a text message is one line with its payload as a string")
    func text() {
        let line = String(decoding: line(Array(#"{"a":"b\\c"}"#.utf8), direction: .sent), as: UTF8.self)
        let payload = #""{\"a\":\"b\\\\c\"}""#
        #expect(
            line == #"{"ts_recv":1723161253937085768,"connection":7,"direction":"sent","payload":\#(payload)}"# + "\n"
        )
    }

    @Test("another JSON parser reads every text as the same bytes")
    func lossless() throws {
        // Without U+FEFF, which Foundation's parser drops at the start of a string piece.
        let scalars = (0..<0x300).map { $0 } + [0x7FF, 0x800, 0x2028, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF]
        for value in scalars {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let text = "a\(scalar)\"\\\(scalar)"
            let object = try object(line(Array(text.utf8)))
            #expect((object["payload"] as? String).map { Array($0.utf8) } == Array(text.utf8), "U+\(value)")
            #expect(object["direction"] as? String == "received" && object["connection"] as? Int == 7)
        }
    }

    @Test("binary messages and texts that are not UTF-8 are written in Base64")
    func base64() throws {
        var generator = SplitMix64(seed: 5)
        for count in 0..<50 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let object = try object(line(bytes, kind: .binary))
            #expect(object["payload_base64"] as? String == Data(bytes).base64EncodedString(), "seed 5, \(count) bytes")
            #expect(object["payload"] == nil && object["kind"] == nil)
        }
        let object = try object(line([0x61, 0xFF]))
        #expect(object["payload_base64"] as? String == "Yf8=" && object["kind"] as? String == "text")
    }

    @Test("a text is written as text exactly when it is UTF-8")
    func validity() throws {
        var generator = SplitMix64(seed: 6)
        let interesting: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4,
            0xF5, 0xFF,
        ]
        for round in 0..<20_000 {
            var bytes = (0..<Int.random(in: 1...5, using: &generator)).compactMap { _ in
                interesting.randomElement(using: &generator)
            }
            bytes = Array(repeating: 0x61, count: Int.random(in: 0...9, using: &generator)) + bytes
            let isText = String(decoding: line(bytes), as: UTF8.self).contains("\"payload\":")
            #expect(isText == (String(validating: bytes, as: UTF8.self) != nil), "seed 6, round \(round), \(bytes)")
        }
    }

    @Test("a gap is one line with its fields in order")
    func gap() {
        var output: [UInt8] = []
        let writer = NDJSONMessageWriter()
        writer.append(
            gap: [
                ExportedField("cause", .text("no \"data\"")), ExportedField("ts_start", .integer(.min)),
                ExportedField("ts_end", .null), ExportedField("is_open", .boolean(true)),
            ],
            to: &output
        )
        writer.append(gap: [], to: &output)
        let expected = #"{"gap":{"cause":"no \"data\"","ts_start":-9223372036854775808,"ts_end":null,"is_open":true}}"#
        #expect(String(decoding: output, as: UTF8.self) == expected + "\n{\"gap\":{}}\n")
    }
}
