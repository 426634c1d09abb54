import Testing

@testable import Recording

@Suite(.timeLimit(.minutes(5)))
struct StopControlTests {
    @Test("the first cause counts")
    func firstCause() {
        let stop = StopControl()
        #expect(stop.cause == nil)
        stop.request(.signal)
        stop.request(.duration)
        #expect(stop.cause == .signal)
    }

    @Test("who waits goes on when the end is asked for, before or after")
    func waiting() async {
        let stop = StopControl()
        async let waiting: Void = stop.wait()
        stop.request(.count)
        await waiting
        await stop.wait()
        #expect(stop.cause == .count)
    }

    @Test("who waits goes on when its task is cancelled, with no cause")
    func cancellation() async {
        let stop = StopControl()
        let task = Task { await stop.wait() }
        task.cancel()
        await task.value
        #expect(stop.cause == nil)
    }
}
