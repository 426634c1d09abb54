import Foundation
import MarketModel
import Testing
import Venues

struct BybitMutationTests {
    private static let capture = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map {
        $0 + "/data/captures/bybit-v5/spot-testnet-20260913.jsonl"
    }

    static let lines =
        capture.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }?
        .split(separator: "\n").map(String.init) ?? []

    /// Reads one changed message after a good one, and checks that nothing is lost silently.
    private func check(_ payload: [UInt8], _ dialect: inout BybitDialect, _ note: @autoclosure () -> Comment) {
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

    private func checkAll(_ original: [UInt8], _ product: BybitProduct, step: Int = 1) {
        var dialect = BybitDialect(product: product)
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

    @Test(arguments: BybitSample.all)
    func `every cut and every change of one byte is read or reported`(message: String) {
        checkAll(Array(message.utf8), .linear)
    }

    @Test(.enabled(if: capture != nil, "FEEDREC_SHARED does not name the data folder"))
    func `so is every line of the capture`() {
        #expect(Self.lines.count == 43)
        for line in Self.lines {
            // The one long line is tried at every fifth byte.
            checkAll(Array(line.utf8), .spot, step: line.utf8.count > 1000 ? 5 : 1)
        }
    }

    @Test
    func `account messages too`() {
        for message in [BybitAccountTests.wallet, BybitAccountTests.order, BybitAccountTests.position] {
            checkAll(Array(message.utf8), .spot)
        }
    }
}
