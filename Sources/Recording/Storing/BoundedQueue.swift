import Synchronization

/// A bounded first-in, first-out queue between tasks; while it is full, its producers wait in order of arrival.
final class BoundedQueue<Element: Sendable>: Sendable {
    private struct Producer {
        let element: Element
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var elements: [Element] = []
        var isFinished = false
        /// Set while the consumer is held up: producers do not wait then.
        var isRelaxed = false
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
        var isConsumerWaiting = false
        /// Producers that wait for room, in order of arrival.
        var producers: [Producer] = []
        var consumer: CheckedContinuation<Void, Never>?

        var isIdle: Bool { isConsumerWaiting && elements.isEmpty && producers.isEmpty }
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        precondition(capacity > 0, "a queue holds at least one element")
        self.capacity = capacity
    }

    /// Appends `element` when there is room; returns false and drops the element if the queue is finished.
    ///
    /// Elements come out in the order of the calls. This runs on the caller's actor: what an actor removes from its
    /// state and pushes cannot be overtaken by a later push.
    func push(_ element: Element, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        await push { element }
    }

    /// Like ``push(_:isolation:)``, but creates the element only when its position in the queue is certain.
    ///
    /// Elements are therefore created in the order in which they come out. `make` runs immediately, under the queue's
    /// lock, and must be short. It is not called if the queue is finished.
    func push(isolation: isolated (any Actor)? = #isolation, making make: () -> Element) async -> Bool {
        await withCheckedContinuation { continuation in
            let (answer, consumer) = state.withLock { state -> (Bool?, CheckedContinuation<Void, Never>?) in
                if state.isFinished { return (false, nil) }
                let element = make()
                guard state.elements.count < capacity || state.isRelaxed else {
                    state.producers.append(Producer(element: element, continuation: continuation))
                    return (nil, nil)
                }
                state.elements.append(element)
                defer { state.consumer = nil }
                return (true, state.consumer)
            }
            consumer?.resume()
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Lets producers continue although the queue is full, including those that wait, until the queue is empty again.
    ///
    /// A consumer calls this when it is held up. The producers must then limit what they produce.
    func relax() {
        let (producers, idleWaiters) = state.withLock { state in
            state.isRelaxed = true
            defer {
                state.producers.removeAll()
                state.idleWaiters.removeAll()
            }
            state.elements += state.producers.map(\.element)
            return (state.producers, state.idleWaiters)
        }
        for waiter in idleWaiters { waiter.resume() }
        for producer in producers { producer.continuation.resume(returning: true) }
    }

    /// Waits until the consumer has finished everything that was pushed; returns false if the queue is finished.
    func untilIdle(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        while true {
            if isFinished { return false }
            if state.withLock({ $0.isIdle }) { return true }
            await waitForIdleness { $0.isIdle }
        }
    }

    /// Like ``untilIdle(isolation:)``, but also returns false if the consumer is held up.
    func untilIdleOrRelaxed(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        while true {
            let (isIdle, isOver) = state.withLock { ($0.isIdle, $0.isFinished || $0.isRelaxed) }
            if isIdle || isOver { return isIdle }
            await waitForIdleness { $0.isIdle || $0.isRelaxed }
        }
    }

    private func waitForIdleness(
        isolation: isolated (any Actor)? = #isolation,
        _ isOver: @Sendable (borrowing State) -> Bool
    ) async {
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                if state.isFinished || isOver(state) { return true }
                state.idleWaiters.append(continuation)
                return false
            }
            if mayGoOn { continuation.resume() }
        }
    }

    /// The number of queued elements plus the number of producers that wait for room.
    var count: Int { state.withLock { $0.elements.count + $0.producers.count } }

    /// True if a push would not wait.
    var hasRoom: Bool { state.withLock { $0.elements.count < capacity || $0.isRelaxed || $0.isFinished } }

    /// True if nothing more can be pushed.
    var isFinished: Bool { state.withLock(\.isFinished) }

    /// The oldest element; waits until there is one, and returns `nil` when the queue is finished and empty.
    ///
    /// Only one consumer may call this at a time.
    func next() async -> Element? {
        while true {
            switch tryNext() {
            case .element(let element): return element
            case .finished: return nil
            case .empty: await waitForElement()
            }
        }
    }

    /// Ends the queue; the elements already in it can still be taken.
    func finish() {
        end { _ in }
    }

    /// Ends the queue and discards its elements; for a consumer that failed.
    func abandon() {
        end { $0.elements.removeAll() }
    }

    // MARK: Implementation

    private enum NextResult { case element(Element), empty, finished }

    private func tryNext() -> NextResult {
        let (result, admitted) = state.withLock { state -> (NextResult, Producer?) in
            if state.elements.isEmpty { return (state.isFinished ? .finished : .empty, nil) }
            let element = state.elements.removeFirst()
            if state.elements.isEmpty { state.isRelaxed = false }
            let admitted = state.producers.isEmpty ? nil : state.producers.removeFirst()
            if let admitted { state.elements.append(admitted.element) }
            return (.element(element), admitted)
        }
        admitted?.continuation.resume(returning: true)
        return result
    }

    private func waitForElement() async {
        await withCheckedContinuation { continuation in
            let (mayGoOn, idleWaiters) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                if state.isFinished || !state.elements.isEmpty { return (true, []) }
                state.consumer = continuation
                state.isConsumerWaiting = true
                defer { state.idleWaiters.removeAll() }
                return (false, state.idleWaiters)
            }
            for waiter in idleWaiters { waiter.resume() }
            if mayGoOn { continuation.resume() }
        }
        state.withLock { $0.isConsumerWaiting = false }
    }

    /// Ends the queue and drops the elements of producers that still wait for room.
    private func end(_ change: (inout State) -> Void) {
        let (producers, consumer, idleWaiters) = state.withLock { state in
            state.isFinished = true
            change(&state)
            defer {
                state.producers.removeAll()
                state.consumer = nil
                state.idleWaiters.removeAll()
            }
            return (state.producers, state.consumer, state.idleWaiters)
        }
        for producer in producers { producer.continuation.resume(returning: false) }
        consumer?.resume()
        for waiter in idleWaiters { waiter.resume() }
    }
}
