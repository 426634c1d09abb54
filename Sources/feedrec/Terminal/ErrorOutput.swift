@preconcurrency import Dispatch
import Synchronization

/// Writes lines to a descriptor whose reader may have stopped reading.
///
/// A full pipe, or a terminal stopped with Ctrl-S, blocks the thread that writes. So a separate thread writes, and the
/// queue of lines is bounded. Lines that do not fit are dropped and counted, and the count is written as soon as there
/// is room. Callers never wait.
final class ErrorOutput: Sendable {
    /// The maximum number of queued bytes: a few thousand lines.
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

    /// Makes an output.
    ///
    /// `notice` makes the text for a number of lost lines. `write` may block; it runs on this object's own thread.
    init(notice: @escaping @Sendable (Int64) -> String, write: @escaping @Sendable ([UInt8]) -> Void) {
        state = Mutex(State(notice: notice))
        self.write = write
    }

    /// Lines lost since the start.
    var lostLines: Int64 { state.withLock(\.lostLinesInAll) }

    /// Replaces the text for lost lines.
    func adopt(notice: @escaping @Sendable (Int64) -> String) {
        state.withLock { $0.notice = notice }
    }

    /// Queues a line, or counts it as lost.
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

    /// Writes a text that the next one replaces, such as a progress line, unless other text is queued.
    func writeIfIdle(_ text: String) {
        guard state.withLock({ $0.waitingBytes == 0 }) else { return }
        enqueue(text)
    }

    /// Writes a few bytes that complete earlier text, such as the end of a progress line.
    func writeIfRoom(_ text: String) {
        guard state.withLock({ $0.waitingBytes + text.utf8.count < Self.waitingBytesMax }) else { return }
        enqueue(text)
    }

    /// Waits at most `seconds` until everything is written.
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
