import FeedrecTestKit
import Synchronization
import Testing

@testable import Recording

@Suite(.timeLimit(.minutes(1)))
struct ConditionTests {
    /// A number that tasks wait for.
    private final class Level: Sendable {
        private let value = Mutex(0)
        let changed = Condition()

        var current: Int { value.withLock(\.self) }

        func raise() {
            value.withLock { $0 += 1 }
            changed.signal()
        }
    }

    @Test("a wait ends at once if its condition is met, and needs no signal")
    func isMet() async {
        let condition = Condition()
        await condition.wait { true }
        #expect(await condition.waitUnlessCancelled { true })
        #expect(await condition.wait(atMost: .seconds(1), on: ManualClock()) { true } == .met)
    }

    @Test("every waiting task is woken, however signals and waits interleave", arguments: [1, 10, 100])
    func noLostSignal(taskCount: Int) async {
        let level = Level()
        await withTaskGroup(of: Void.self) { group in
            for number in 1...taskCount {
                group.addTask { await level.changed.wait { level.current >= number } }
                group.addTask { level.raise() }
            }
        }
        #expect(level.current == taskCount)
    }

    @Test("a cancelled task stops waiting, before or after it began, unless it waits in any case")
    func cancellation() async {
        let level = Level()
        let limited = Task { await level.changed.waitUnlessCancelled { level.current > 0 } }
        let timed = Task { await level.changed.wait(atMost: .seconds(1), on: ManualClock()) { level.current > 0 } }
        let certain = Task { await level.changed.wait { level.current > 0 } }
        for task in [limited] { task.cancel() }
        timed.cancel()
        certain.cancel()
        #expect(await !limited.value)
        #expect(await timed.value == .cancelled)
        level.raise()
        await certain.value
    }

    @Test("a wait with a limit ends when the clock has reached it, and not before")
    func timeOut() async {
        let (level, clock) = (Level(), ManualClock())
        let task = Task { await level.changed.wait(atMost: .seconds(2), on: clock) { level.current > 1 } }
        await clock.untilSleeping(count: 1)
        clock.advance(by: .seconds(1))
        level.raise()
        clock.advance(by: .seconds(1))
        #expect(await task.value == .timedOut)
        async let met = level.changed.wait(atMost: .seconds(2), on: clock) { level.current > 1 }
        level.raise()
        #expect(await met == .met)
    }

    @Test("on an actor, nothing changes the condition between the check and the return")
    func isAtomic() async {
        let turns = Turns()
        await withTaskGroup(of: Void.self) { group in for _ in 0..<200 { group.addTask { await turns.take() } } }
        #expect(await turns.most == 1)
    }
}

/// Lets one task at a time in.
private actor Turns {
    private let isFree = Condition()
    private var count = 0
    private(set) var most = 0

    func take() async {
        await isFree.wait { count == 0 }
        count += 1
        most = max(most, count)
        await Task.yield()
        count -= 1
        isFree.signal()
    }
}
