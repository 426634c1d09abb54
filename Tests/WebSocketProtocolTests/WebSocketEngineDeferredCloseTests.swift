import MarketModel
import Testing
import WebSocketProtocol

struct WebSocketEngineDeferredCloseTests {
    private func make(_ role: WebSocketRole) -> WebSocketEngine {
        WebSocketEngine(role: role, maskingKeys: MaskingKeys(seed: [7]), defersClosing: true)
    }

    /// Passes `frames` to an engine, answers "hi" if `answers`, and ends.
    private func outcome(_ frames: [TestFrame], _ role: WebSocketRole, answers: Bool) -> (Outcome, WebSocketEngine) {
        var engine = make(role)
        var outcome = Outcome()
        engine.receive([frames.flatMap { $0.sent(to: role).bytes }[...]], into: &outcome)
        #expect(engine.isClosePending && engine.canSend && engine.closeInfo == nil)
        #expect(outcome.closes.isEmpty)
        if answers { outcome.sent += engine.frames([.init(kind: .text, payload: Array("hi".utf8))]).joined() }
        var actions: [EngineAction] = []
        engine.finishClosing(actions: &actions)
        engine.finishClosing(actions: &actions)
        outcome.append(actions)
        return (outcome, engine)
    }

    @Test("messages before a violation or a close frame can be answered before our close frame")
    func answered() {
        let ends: [(TestFrame, UInt16, CloseInfo.Initiator)] = [
            (TestFrame(opcode: 3), 1002, .local), (TestFrame(opcode: 1, payload: [0xff]), 1007, .local),
            (.close(1001, "bye"), 1001, .remote), (TestFrame(opcode: 8), 1005, .remote),
        ]
        for (end, code, initiator) in ends {
            for (role, peerRole) in [(WebSocketRole.client, WebSocketRole.server), (.server, .client)] {
                let frames: [TestFrame] = [.text("a"), end, .text("behind"), TestFrame(opcode: 9)]
                let (result, engine) = outcome(frames, role, answers: true)
                #expect(result.texts == ["a"])
                #expect(result.closes.map(\.code) == [code] && result.closes.map(\.initiator) == [initiator])
                #expect(!engine.isClosePending && !engine.canSend && engine.closeInfo?.code == code)
                let peer = WebSocketProtocolTests.outcome(peerRole, [result.sent[...]])
                #expect(peer.texts == ["hi"] && peer.closes.map(\.code) == [code])
            }
        }
    }

    @Test("the frames are the same as without waiting")
    func sameFrames() {
        for end in [TestFrame(opcode: 3), .close(1000, "bye"), TestFrame(opcode: 8), TestFrame(opcode: 0)] {
            let (waited, _) = outcome([.text("a"), end], .server, answers: false)
            let atOnce = WebSocketProtocolTests.outcome(.server, [.text("a"), end])
            #expect(waited.sent == atOnce.sent && waited.closes == atOnce.closes)
        }
    }

    @Test("the end is not deferred after our own close frame")
    func ownClose() {
        var engine = make(.client)
        let ours = engine.close(code: 1000)
        #expect(!ours.isEmpty)
        var outcome = Outcome()
        engine.receive([(TestFrame.text("last").bytes + TestFrame.close(1000).bytes)[...]], into: &outcome)
        #expect(outcome.closes == [CloseInfo(code: 1000, initiator: .local)])
        #expect(outcome.texts == ["last"] && !engine.isClosePending)
    }

    @Test("closing while the end is pending sends the pending frame")
    func closingMeanwhile() {
        for (end, code) in [(TestFrame.close(3000), 3000), (TestFrame(opcode: 3), 1002)] as [(TestFrame, UInt16)] {
            var engine = make(.server)
            var outcome = Outcome()
            engine.receive([end.sent(to: .server).bytes[...]], into: &outcome)
            let frame = engine.close(code: 1000)
            #expect(WebSocketProtocolTests.outcome(.client, [frame[...]]).closes.map(\.code) == [code])
            var actions: [EngineAction] = []
            engine.finishClosing(actions: &actions)
            outcome.append(actions)
            #expect(outcome.sent.isEmpty && outcome.closes.map(\.code) == [code])
        }
    }

    @Test("a connection that ends while the end is pending ends for the pending reason")
    func connectionEnds() {
        var engine = make(.client)
        var outcome = Outcome()
        engine.receive([TestFrame(opcode: 3).bytes[...]], into: &outcome)
        #expect(engine.connectionEnded(error: "reset").code == 1002)
        #expect(engine.closeInfo?.code == 1002 && !engine.isClosePending)
        var actions: [EngineAction] = []
        engine.finishClosing(actions: &actions)
        #expect(actions.isEmpty)
    }
}
