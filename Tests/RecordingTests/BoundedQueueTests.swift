import FeedrecTestKit
import Synchronization
import Testing

@testable import Recording

@Suite(.timeLimit(.minutes(5)))
struct BoundedQueueTests {
    @Test("elements come out in the order they went in; the elements of a finished queue can still be taken")
    func order() async {
        let queue = BoundedQueue<Int>(capacity: 3)
        for element in 0..<3 { #expect(await queue.push(element)) }
        queue.finish()
        #expect(await !queue.push(3))
        for element in 0..<3 { #expect(await queue.next() == element) }
        #expect(await queue.next() == nil)
    }

    @Test("an abandoned queue discards its elements and takes no more")
    func abandon() async {
        let queue = BoundedQueue<Int>(capacity: 3)
        #expect(await queue.push(1))
        queue.abandon()
        #expect(await queue.next() == nil)
        #expect(await !queue.push(2))
    }

    @Test("a task that waits for room or for an element is woken by the end of the queue", arguments: [true, false])
    func endWakes(isAbandoned: Bool) async {
        let full = BoundedQueue<Int>(capacity: 1)
        let empty = BoundedQueue<Int>(capacity: 1)
        #expect(await full.push(0))
        async let refused = [full.push(1), full.push(2)]
        async let nothing = empty.next()
        for queue in [full, empty] { if isAbandoned { queue.abandon() } else { queue.finish() } }
        #expect(await refused == [false, false])
        #expect(await nothing == nil)
        #expect(await full.next() == (isAbandoned ? nil : 0))
        #expect(await full.next() == nil)
    }

    @Test("producers wait while the queue is full", arguments: [1, 2, 5])
    func bounded(capacity: Int) async {
        let queue = BoundedQueue<Int>(capacity: capacity)
        let counts = Counts()
        await withTaskGroup(of: Void.self) { group in
            for element in 0..<200 {
                group.addTask {
                    guard await queue.push(element) else { return }
                    counts.notePushed(capacity: capacity)
                }
            }
            var taken: Set<Int> = []
            for _ in 0..<200 {
                counts.noteAsked()
                if let element = await queue.next() { taken.insert(element) }
            }
            #expect(taken == Set(0..<200))
        }
        #expect(counts.excess == 0)
    }

    @Test("elements that one actor pushes come out in order, however many of its calls wait for room")
    func actorOrder() async {
        let queue = BoundedQueue<Int>(capacity: 1)
        let producer = NumberingProducer(queue: queue)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 { group.addTask { await producer.pushNext() } }
            var last = 0
            for _ in 0..<500 {
                guard let number = await queue.next() else { break }
                #expect(number == last + 1)
                last = number
            }
            #expect(last == 500)
        }
    }
}

/// The number of elements that were accepted beyond those requested and those that the queue may hold.
private final class Counts: Sendable {
    private let state = Mutex((pushed: 0, asked: 0, excess: 0))

    var excess: Int { state.withLock(\.excess) }

    func noteAsked() {
        state.withLock { $0.asked += 1 }
    }

    func notePushed(capacity: Int) {
        state.withLock { state in
            state.pushed += 1
            state.excess = max(state.excess, state.pushed - state.asked - capacity)
        }
    }
}

/// Like a feed that flushes from two tasks: it creates an element and pushes it, many calls at a time.
private actor NumberingProducer {
    private let queue: BoundedQueue<Int>
    private var number = 0

    init(queue: BoundedQueue<Int>) {
        self.queue = queue
    }

    func pushNext() async {
        number += 1
        _ = await queue.push(number)
    }
}
