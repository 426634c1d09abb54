import MarketModel
import SignalRProtocol
import Testing
import Venues

/// The hub as clients of the MessagePack protocol see it.
struct HubMessagePackTests {
    private var session = MT4HubSession()
    private var reader = HubBinaryReader()

    @Test("calls, answers and the tape are sent as MessagePack, the handshake as JSON in a binary message")
    mutating func conversation() throws {
        // In the same message as the handshake, as a fast client may do.
        let first = try message([#"{"protocol":"messagepack","version":1}"#], isHandshake: true)
        let connect = try message([
            #"{"type":1,"invocationId":"0","target":"Connect","arguments":[{"tradePlatform":"P","timeoutMs":1}]}"#
        ])
        #expect(send(first + connect) == ["{}|", #"{"type":3,"invocationId":"0","result":true}|"#])
        let subscribe = #"{"type":1,"invocationId":"1","target":"SubscribeToTicks","arguments":["P","A"]}"#
        let stream = #"{"type":4,"invocationId":"2","target":"StreamAllTicks","arguments":[{"tradePlatform":"P"}]}"#
        #expect(
            send(try message([subscribe, stream, #"{"type":6}"#]))
                == [#"{"type":3,"invocationId":"1","result":null}|"#]
        )
        let tick = #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1.25}}]}|"#
        let item = #"{"type":2,"invocationId":"7","item":{"symbol":"B","digits":5,"bid":1.5}}|"#
        var output = MessageBatch()
        let tape = mt4Batch([tick, tick.replacing("\"A\"", with: "\"B\""), "malformed|", item])
        session.deliver(tape, 0..<4, into: &output)
        #expect(read(output) == [tick, item.replacing("\"7\"", with: "\"2\"")])
        #expect(send(try message([#"{"type":5,"invocationId":"2"}"#])) == [#"{"type":3,"invocationId":"2"}|"#])
        var last = MessageBatch()
        session.keepAlive(replies: &last)
        session.finish(replies: &last)
        #expect(read(last) == [#"{"type":6}|"#, #"{"type":7}|"#])
    }

    @Test("a client's message has a maximum length and must be valid")
    mutating func limits() throws {
        let handshake = try message([#"{"protocol":"messagepack","version":1}"#], isHandshake: true)
        _ = send(handshake)
        let long = #"{"type":1,"invocationId":"0","target":"\#(String(repeating: "x", count: 40_000))","arguments":[]}"#
        #expect(send(try message([long])).first?.hasPrefix(#"{"type":7,"error":"Connection closed"#) == true)
        session = MT4HubSession()
        reader = HubBinaryReader()
        _ = send(handshake)
        #expect(send([3, 0xff, 0xff, 0xff]).first?.hasPrefix(#"{"type":7,"error":"Connection closed"#) == true)
    }

    private func message(_ records: [String], isHandshake: Bool = false) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for record in records {
            if isHandshake {
                bytes += Array((record + "\u{1E}").utf8)
            } else {
                try Array(record.utf8).withUnsafeBytes { try HubTranscoder.appendMessagePack(of: $0, to: &bytes) }
            }
        }
        return bytes
    }

    private mutating func send(_ bytes: [UInt8]) -> [String] {
        var replies = MessageBatch()
        bytes.withUnsafeBytes { _ = session.receive($0, kind: .binary, replies: &replies) }
        return read(replies)
    }

    /// Reads the records of binary messages.
    private mutating func read(_ batch: MessageBatch) -> [String] {
        var records: [UInt8] = []
        var problems: [HubBinaryReader.Problem] = []
        for index in 0..<batch.count {
            #expect(batch.entries[index].kind == .binary)
            batch.withPayload(at: index) { reader.appendRecords(of: $0, to: &records, problems: &problems) }
        }
        #expect(problems.isEmpty)
        return String(decoding: records, as: UTF8.self).split(separator: "\u{1E}").map { $0 + "|" }
    }
}
