import Dispatch
import FeedrecTestKit
import Testing

@testable import feedrec

struct ErrorOutputTests {
    private let written = EventLog<String>()

    private func notice(_ lost: Int64) -> String { "lost \(lost)" }

    /// The written text, as lines.
    private var lines: [String] {
        written.all.joined().split(separator: "\n").map(String.init)
    }

    @Test("C6 lines are written whole and in order")
    func order() {
        let output = ErrorOutput(notice: notice) { [written] in written.append(String(decoding: $0, as: UTF8.self)) }
        for number in 0..<1000 { output.writeLine("line \(number)") }
        output.drain(seconds: 60)
        #expect(lines == (0..<1000).map { "line \($0)" })
        #expect(output.lostLines == 0)
    }

    @Test("C6 if the reader does not read, lines are dropped and counted, and the caller never waits")
    func lost() {
        let reader = DispatchSemaphore(value: 0)
        let output = ErrorOutput(notice: notice) { [written] in
            reader.wait()
            reader.signal()
            written.append(String(decoding: $0, as: UTF8.self))
        }
        let line = String(repeating: "x", count: 1023)
        let count = 2 * ErrorOutput.waitingBytesMax / 1024
        for _ in 0..<count { output.writeLine(line) }
        let lost = output.lostLines
        #expect(lost > 0 && lost < count)
        // The end of the program does not wait for ever.
        output.drain(seconds: 0.01)
        reader.signal()
        output.drain(seconds: 60)
        output.writeLine("again")
        output.drain(seconds: 60)
        #expect(lines == Array(repeating: line, count: count - Int(lost)) + ["lost \(lost)", "again"])
        #expect(output.lostLines == lost)
    }

    @Test("kind 10 progress lines are skipped while other text is queued")
    func progress() {
        let reader = DispatchSemaphore(value: 0)
        let output = ErrorOutput(notice: notice) { [written] in
            reader.wait()
            reader.signal()
            written.append(String(decoding: $0, as: UTF8.self))
        }
        output.writeLine("first")
        for _ in 0..<1000 { output.writeIfIdle("\rprogress") }
        reader.signal()
        output.drain(seconds: 60)
        #expect(lines == ["first"])
    }
}
