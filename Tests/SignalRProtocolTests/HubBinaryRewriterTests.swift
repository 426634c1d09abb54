import SignalRProtocol
import Testing

/// Taking secrets out of MessagePack conversations.
struct HubBinaryRewriterTests {
    private static let records = [
        #"{"type":1,"target":"OnTick","arguments":[{"bid":1.5}]}"#,
        #"{"type":2,"invocationId":"1","item":{"login":5,"password":"SECRET-a"}}"#, #"{"type":6}"#,
        #"{"type":2,"invocationId":"1","item":{"password":"SECRET-b"}}"#,
    ]

    @Test("what names nothing stays byte for byte; a secret goes and the rest of its message stays")
    func whole() throws {
        var rewriter = HubBinaryRewriter()
        let handshake = Array("{}\u{1E}".utf8)
        #expect(try rewrite(handshake + Hub.messagePack(Self.records[0]), &rewriter) == nil)
        let wire = try Self.records.flatMap(Hub.messagePack)
        let clean = try #require(rewrite(wire, &rewriter))
        #expect(read([clean]) == Self.records.map(Self.redacted))
    }

    @Test("a secret that is split over messages goes as well", arguments: 1...40)
    func split(payloadBytes: Int) throws {
        var rewriter = HubBinaryRewriter()
        let wire = try Self.records.flatMap(Hub.messagePack)
        var payloads: [[UInt8]] = []
        for start in stride(from: 0, to: wire.count, by: payloadBytes) {
            let payload = Array(wire[start..<min(start + payloadBytes, wire.count)])
            payloads.append(rewrite(payload, &rewriter) ?? payload)
        }
        #expect(read(payloads) == Self.records.map(Self.redacted))
        #expect(rewriter.heldBytes == 0)
        #expect(payloads.joined().firstRange(of: Array("SECRET".utf8)) == nil)
    }

    @Test("what cannot be looked into is withheld, and what has no sense ends the conversation")
    func withheld() throws {
        var rewriter = HubBinaryRewriter(bytesMax: 50)
        let bad = Array("password SECRET".utf8)
        #expect(rewrite([UInt8(bad.count)] + bad, &rewriter) == [2, 0x91, 0])
        #expect(rewrite([100] + bad, &rewriter) == [2, 0x91, 0])
        #expect(rewrite([UInt8](repeating: 0x41, count: 85) + [2, 0x91, 6], &rewriter) == [2, 0x91, 6])
        #expect(rewrite([20] + bad, &rewriter) == [])
        #expect(rewriter.heldBytes == 16)
        rewriter = HubBinaryRewriter()
        let broken = [UInt8](repeating: 0xff, count: 5)
        #expect(rewrite(broken + bad, &rewriter) == broken)
        #expect(rewrite(bad, &rewriter) == broken)
    }

    private static func redacted(_ record: String) -> String {
        record.replacing("SECRET-a", with: "***").replacing("SECRET-b", with: "***")
    }

    private func rewrite(_ payload: [UInt8], _ rewriter: inout HubBinaryRewriter) -> [UInt8]? {
        payload.withUnsafeBytes { payload in
            rewriter.rewritten(
                payload,
                isSuspicious: { String(decoding: $0, as: UTF8.self).contains("password") },
                redacted: { Array(Self.redacted(String(decoding: $0, as: UTF8.self)).utf8) }
            )
        }
    }

    private func read(_ payloads: [[UInt8]]) -> [String] {
        var (reader, output, problems) = (HubBinaryReader(), [UInt8](), [HubBinaryReader.Problem]())
        for payload in payloads {
            payload.withUnsafeBytes { reader.appendRecords(of: $0, to: &output, problems: &problems) }
        }
        #expect(problems.isEmpty)
        return String(decoding: output, as: UTF8.self).split(separator: "\u{1E}").map(String.init)
    }
}
