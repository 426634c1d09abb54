import Testing
import WebSocketProtocol

struct WebSocketEngineCloseTests {
    @Test(
        "the peer's close frame is answered with its code",
        arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
            as [UInt16]
    )
    func validCodes(code: UInt16) {
        let result = outcome(.server, [.close(code, "why")])
        #expect(result.closes == [CloseInfo(code: code, reason: "why", initiator: .remote)])
        #expect(result.sent == TestFrame.close(code).bytes)
    }

    @Test(
        "codes that must not be sent are a protocol error",
        arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] as [UInt16]
    )
    func invalidCodes(code: UInt16) {
        let result = outcome(.server, [.close(code)])
        #expect(result.closes.map(\.code) == [1002])
        #expect(Array(result.sent.prefix(4).suffix(2)) == [0x03, 0xea])
    }

    @Test("an empty close is answered with an empty close and reported as 1005")
    func emptyClose() {
        let result = outcome(.server, [TestFrame(opcode: 8)])
        #expect(result.closes == [CloseInfo(code: 1005, initiator: .remote)])
        #expect(result.sent == [0x88, 0])
    }

    @Test("a close frame with half a code or a reason that is not UTF-8 is refused")
    func invalidPayloads() {
        #expect(outcome(.client, [TestFrame(opcode: 8, payload: [3])]).closes.map(\.code) == [1002])
        let reason: [UInt8] = [0x03, 0xe8, 0xce, 0xba, 0xe1, 0xbd]
        #expect(outcome(.client, [TestFrame(opcode: 8, payload: reason)]).closes.map(\.code) == [1007])
        let longest = TestFrame.close(1000, String(repeating: "x", count: 123))
        #expect(outcome(.client, [longest]).closes.first?.reason.count == 123)
    }

    @Test("a close frame inside a fragmented message is answered with its own code")
    func insideFragmentedMessage() {
        let result = outcome(.server, [.text("fragment", isFinal: false), .close(1000)])
        #expect(result.closes == [CloseInfo(code: 1000, initiator: .remote)])
        #expect(result.sent == TestFrame.close(1000).bytes)
        #expect(result.messages.isEmpty)
    }

    @Test("input after the peer's close frame is ignored")
    func behindClose() {
        let result = outcome(.server, [.close(1000), .text("late"), TestFrame(opcode: 9), TestFrame(opcode: 3)])
        #expect(result.closes.count == 1)
        #expect(result.messages.isEmpty)
        #expect(result.sent == TestFrame.close(1000).bytes)
    }

    @Test("after our close frame, messages still arrive, pings are not answered, and the peer's code counts")
    func ourClose() {
        var engine = WebSocketEngine.make(.server)
        #expect(engine.close(code: 1001, reason: "going") == TestFrame.close(1001, "going").bytes)
        #expect(!engine.canSend)
        #expect(engine.close(code: 1000).isEmpty)
        #expect(engine.ping().isEmpty)
        var result = Outcome()
        let frames: [TestFrame] = [.text("still"), TestFrame(opcode: 9), .close(4000, "ok")]
        engine.receive([frames.flatMap { $0.sent(to: .server).bytes }[...]], into: &result)
        #expect(result.texts == ["still"])
        #expect(result.sent.isEmpty)
        #expect(result.closes == [CloseInfo(code: 4000, reason: "ok", initiator: .local)])
        #expect(engine.closeInfo == result.closes.first)
    }

    @Test("a violation after our close frame ends the connection without a second one")
    func violationAfterOurClose() {
        var engine = WebSocketEngine.make(.client)
        _ = engine.close()
        var result = Outcome()
        engine.receive([[0xf1, 0x00]], into: &result)
        #expect(result.sent.isEmpty)
        #expect(result.closes.map(\.code) == [1002])
    }

    @Test("a lost connection has code 1006, and reports whether a message was incomplete")
    func lostConnection() {
        var idle = WebSocketEngine.make(.client)
        let info = idle.connectionEnded()
        #expect(info.code == 1006 && info.initiator == .none)
        #expect(info.error == "the connection ended without a close frame")
        #expect(idle.closeInfo == info && idle.connectionEnded(error: "again") == info)

        var cut = WebSocketEngine.make(.client)
        var result = Outcome()
        cut.receive([[0x81]], into: &result)
        #expect(cut.connectionEnded().error == "the connection ended inside a message")

        var closing = WebSocketEngine.make(.client)
        _ = closing.close()
        let late = closing.connectionEnded(error: "connection reset by peer")
        #expect(late == CloseInfo(code: 1006, initiator: .local, error: "connection reset by peer"))
    }

    @Test("a long reason is cut at a character, and a code that must not be sent is left out")
    func ourCloseFrames() {
        var engine = WebSocketEngine.make(.server)
        let frame = engine.close(code: 1000, reason: String(repeating: "€", count: 60))
        #expect(frame == TestFrame.close(1000, String(repeating: "€", count: 41)).bytes)
        for code in [1005, 1006, 1015, 0, 5000] as [UInt16] {
            var engine = WebSocketEngine.make(.server)
            #expect(engine.close(code: code, reason: "x") == [0x88, 0])
        }
    }
}
