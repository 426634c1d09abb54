import MarketModel
import Testing
import Venues

struct DeribitMutationTests {
    /// Reads one changed message, and checks that nothing is lost silently.
    private func check(_ payload: [UInt8], _ dialect: inout DeribitDialect, _ note: @autoclosure () -> Comment) {
        var tape = MessageBatch()
        tape.append(payload, direction: .received, tsRecv: UnixNanoseconds(0))
        var events = MarketEvents()
        var sent = MessageBatch()
        let outcome = dialect.receive(tape, now: UnixNanoseconds(0), events: &events, outgoing: &sent)
        let oddities = events.venueEvents.count(where: \.isOddity)
        let isSound =
            outcome.recognised + outcome.unrecognised == 1 && oddities == outcome.unrecognised && sent.isEmpty
            && events.bookMessages.allSatisfy { $0.levels.upperBound <= events.bookLevels.count }
            && events.bookMessages.reduce(0) { $0 + $1.levels.count } == events.bookLevels.count
        if !isSound { Issue.record(note()) }
    }

    private func checkAll(_ original: [UInt8], step: Int = 1) {
        var dialect = DeribitDialect()
        for position in stride(from: 0, to: original.count, by: step) {
            check(Array(original[..<position]), &dialect, "cut at \(position)")
            for byte in Array(#"0-"}],e"#.utf8) + [0xFF] {
                var changed = original
                changed[position] = byte
                check(changed, &dialect, "byte \(position) set to \(byte)")
            }
            var shorter = original
            shorter.remove(at: position)
            check(shorter, &dialect, "byte \(position) removed")
        }
    }

    @Test(arguments: DeribitSample.all + [DeribitAccountTests.portfolio, DeribitAccountTests.changes])
    func `every cut and every change of one byte is read or reported`(message: String) {
        checkAll(Array(message.utf8))
    }

    @Test(.enabled(if: DeribitCapture.shared != nil, "FEEDREC_SHARED does not name the data folder"))
    func `so is every line of the captures`() {
        let lines = DeribitCapture.options + DeribitCapture.perpetuals
        #expect(lines.count == 141)
        // Most lines repeat each other, so each is tried at other bytes.
        for (index, line) in lines.enumerated() {
            checkAll(Array(line.utf8), step: 11 + index % 5)
        }
    }
}
