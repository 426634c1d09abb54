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

    @Test("a waiting task continues when the end is requested, before or after the wait begins")
    func waiting() async {
        let stop = StopControl()
        async let waiting: Void = stop.wait()
        stop.request(.count)
        await waiting
        await stop.wait()
        #expect(stop.cause == .count)
    }

    @Test("a waiting task continues when it is cancelled, without a cause")
    func cancellation() async {
        let stop = StopControl()
        let task = Task { await stop.wait() }
        task.cancel()
        await task.value
        #expect(stop.cause == nil)
    }
}
