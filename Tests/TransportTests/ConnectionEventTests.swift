import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct ConnectionEventTests {
    @Test("control frames are reported with their payloads, in order, with times")
    func events() async throws {
        let handler = ScriptedHandler { connection in
            while connection.statistics.pingsReceived == 0 { await Task.yield() }
            connection.ping([7])
            while connection.statistics.pongsReceived == 0 { await Task.yield() }
            await connection.close(code: 4000, reason: "bye")
        }
        try await withServer(handler) { server in
            let connection = try await connect(server.url) { $0.recordsEvents = true }
            connection.ping([1, 2])
            var events: [ConnectionEvent] = []
            while let more = try await connection.receiveEvents() { events += more }
            try #require(events.count == 5)
            #expect(events[0].kind == .pingSent(payload: [1, 2]))
            let answers = events[1...2].sorted { "\($0.kind)" < "\($1.kind)" }
            #expect(answers[0].kind == .pingReceived(payload: [7]))
            guard case .pongReceived([1, 2], let roundTrip?) = answers[1].kind else {
                Issue.record("\(answers)")
                return
            }
            #expect(roundTrip > .zero)
            #expect(events[3].kind == .closeReceived(code: 4000, reason: "bye"))
            #expect(events[4].kind == .closeSent(code: 4000, reason: ""))
            #expect(events.allSatisfy { $0.time.rawValue > 0 })
        }
    }

    @Test("no events are kept unless requested, and never more than 1024")
    func bounds() async throws {
        let handler = ScriptedHandler { connection in
            for number in 0..<3000 { connection.ping([UInt8(number & 255)]) }
            while connection.statistics.pongsReceived == 0 { await Task.yield() }
            await connection.close()
        }
        try await withServer(handler) { server in
            for isRecording in [true, false] {
                let connection = try await connect(server.url) { $0.recordsEvents = isRecording }
                _ = await connection.ended()
                let events = try await connection.receiveEvents() ?? []
                #expect(events.count <= 1024)
                #expect(events.isEmpty != isRecording)
            }
        }
    }
}
