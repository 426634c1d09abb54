import MarketModel
import SignalRProtocol
import Testing

/// The protocol of a conversation, and the ends of its records.
struct HubNotationTests {
    private func verdict(
        _ bytes: [UInt8],
        _ settled: HubProtocol? = nil,
        isFirst: Bool = true,
        kind: MessageKind = .binary
    ) -> HubNotation.Verdict {
        bytes.withUnsafeBytes { HubNotation(settled).verdict(on: $0, isFirst: isFirst, kind: kind) }
    }

    @Test("a settled protocol decides, whatever the bytes look like, and only a handshake is JSON in both")
    func settled() {
        #expect(verdict([2, 0x91, 6], .json) == .json)
        #expect(verdict(Array("{}\u{1E}".utf8), .messagePack, isFirst: false) == .messagePack)
        #expect(verdict(Array("{}\u{1E}".utf8), .messagePack) == .json)
        #expect(verdict([0x7b, 0x96, 1], .messagePack) == .messagePack)
        #expect(verdict([0x7b], .messagePack) == .unfinished)
        #expect(verdict([2, 0x91, 6], .messagePack, kind: .text) == .messagePack)
    }

    @Test("the first bytes of a record decide, those from its middle do not")
    func opening() {
        #expect(verdict(Array(#"{"type":6}"#.utf8)) == .json)
        #expect(verdict(Array(" {".utf8)) == .json)
        #expect(verdict([2, 0x91, 6]) == .messagePack)
        #expect(verdict([0x80, 0x80, 0x01, 0xdc]) == .messagePack)
        for count in 0..<3 { #expect(verdict(Array([0x80, 0x80, 0x01, 0xdc].prefix(count))) == .unfinished) }
        #expect(verdict(Array(#"word":"SECRET"}"#.utf8)) == .neither)
        #expect(verdict([0x80, 0x80, 0x80, 0x80, 0x80, 0x90]) == .neither)
        #expect(verdict([2, 0x91, 6], kind: .text) == .json)
    }

    @Test("no UTF-8 text begins like MessagePack")
    func text() {
        for first in [0x20...0x7e, 0x80...0x7ff, 0x800...0x900, 0x1F600...0x1F610].joined() {
            for second in [0x22, 0x41, 0x91, 0x7dc, 0x90d, 0x1F600] {
                let scalars = [first, second, 0x41].compactMap { Unicode.Scalar(UInt32($0)) }
                var text = String.UnicodeScalarView()
                text.append(contentsOf: scalars)
                #expect(verdict(Array(String(text).utf8)) != .messagePack, "\(first) \(second)")
            }
        }
    }

    @Test("a request settles the protocol; another record does not")
    func request() {
        var notation = HubNotation()
        for (text, expected): (String, HubProtocol?) in [
            ("{}\u{1E}", nil), (#"{"protocol":"morse","version":1}"# + "\u{1E}", nil),
            (#"{"protocol":"messagepack","version":1}"# + "\u{1E}\u{2}", .messagePack),
        ] {
            Array(text.utf8).withUnsafeBytes { notation.note(sent: $0) }
            #expect(notation.settled == expected)
        }
    }

    @Test("the ends of records are found for every split", arguments: HubProtocol.allCases)
    func boundaries(hubProtocol: HubProtocol) throws {
        let record =
            hubProtocol == .json
            ? Array((#"{"type":6}"# + "\u{1E}").utf8) : [0x81, 0x01] + [UInt8](repeating: 7, count: 129)
        for cut in 0...record.count {
            var boundary = HubRecordBoundary(hubProtocol)
            let (head, tail) = (Array(record[..<cut]), Array(record[cut...]) + [1, 2, 3])
            let first = try head.withUnsafeBytes { bytes throws(MessagePackError) in try boundary.end(in: bytes) }
            #expect(first == (cut == record.count ? cut : nil))
            guard first == nil else { continue }
            let second = try tail.withUnsafeBytes { bytes throws(MessagePackError) in try boundary.end(in: bytes) }
            #expect(second == record.count - cut)
        }
    }
}
