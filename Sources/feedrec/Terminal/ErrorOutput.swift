@preconcurrency import Dispatch
import Synchronization

/// Lines on their way to a descriptor that may not be read.
///
/// A full pipe, or a terminal stopped with Ctrl-S, blocks the thread that writes to it. So a thread of its own writes, and
/// the lines that wait are bounded. Lines that do not fit are counted, and the count is written as soon as there is room.
/// No caller ever waits.
final class ErrorOutput: Sendable {
    /// Bytes that wait at most: some thousand lines.
    static let waitingBytesMax = 256 * 1024

    private struct State {
        var waitingBytes = 0
        /// Lines lost since the last notice.
        var lostLines: Int64 = 0
        var lostLinesInAll: Int64 = 0
        var notice: @Sendable (Int64) -> String
    }

    private let queue = DispatchQueue(label: "feedrec.error-output")
    private let state: Mutex<State>
    private let write: @Sendable ([UInt8]) -> Void

    /// `notice` says how many lines were lost; `write` may block, and is called on a thread of this object's own.
    init(notice: @escaping @Sendable (Int64) -> String, write: @escaping @Sendable ([UInt8]) -> Void) {
        state = Mutex(State(notice: notice))
        self.write = write
    }

    /// Lines that were lost since the start.
    var lostLines: Int64 { state.withLock(\.lostLinesInAll) }

    /// Says in other words from now on how many lines were lost.
    func adopt(notice: @escaping @Sendable (Int64) -> String) {
        state.withLock { $0.notice = notice }
    }

    /// Writes a line, or counts it as lost.
    func writeLine(_ line: String) {
        let text = state.withLock { state -> String? in
            guard state.waitingBytes + line.utf8.count < Self.waitingBytesMax else {
                state.lostLines += 1
                state.lostLinesInAll += 1
                return nil
            }
            return Self.takeNotice(&state) + line + "\n"
        }
        if let text { enqueue(text) }
    }

    /// Writes a text that the next one makes obsolete, such as a progress line, unless other text waits.
    func writeIfIdle(_ text: String) {
        guard state.withLock({ $0.waitingBytes == 0 }) else { return }
        enqueue(text)
    }

    /// Writes a few bytes that belong to the text before, such as the end of a progress line.
    func writeIfRoom(_ text: String) {
        guard state.withLock({ $0.waitingBytes + text.utf8.count < Self.waitingBytesMax }) else { return }
        enqueue(text)
    }

    /// Waits until everything is written, but at most `seconds`.
    func drain(seconds: Double) {
        enqueue(state.withLock { Self.takeNotice(&$0) })
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + seconds)
    }

    private static func takeNotice(_ state: inout State) -> String {
        guard state.lostLines > 0 else { return "" }
        defer { state.lostLines = 0 }
        return state.notice(state.lostLines) + "\n"
    }

    private func enqueue(_ text: String) {
        let bytes = Array(text.utf8)
        state.withLock { $0.waitingBytes += bytes.count }
        queue.async { [self] in
            write(bytes)
            state.withLock { $0.waitingBytes -= bytes.count }
        }
    }
}
