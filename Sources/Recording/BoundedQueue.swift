import Synchronization

/// A first-in first-out queue between two tasks that makes the producer wait while it is full.
final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var producers: [CheckedContinuation<Void, Never>] = []
        var consumer: CheckedContinuation<Void, Never>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        precondition(capacity > 0, "a queue holds at least one element")
        self.capacity = capacity
    }

    /// Appends `element` once there is room; false, and the element is dropped, when the queue is finished.
    func push(_ element: Element) async -> Bool {
        while true {
            switch tryPush(element) {
            case .pushed: return true
            case .finished: return false
            case .full: await waitForRoom()
            }
        }
    }

    /// The oldest element; waits for one, and returns `nil` once the queue is finished and empty. One consumer at a time.
    func next() async -> Element? {
        while true {
            switch tryNext() {
            case .element(let element): return element
            case .finished: return nil
            case .empty: await waitForElement()
            }
        }
    }

    /// Ends the queue: what is in it can still be taken.
    func finish() {
        wakeAll { $0.isFinished = true }
    }

    /// Ends the queue and forgets what is in it; for a consumer that failed.
    func abandon() {
        wakeAll {
            $0.isFinished = true
            $0.elements.removeAll()
        }
    }

    // MARK: Inside

    private enum PushResult { case pushed, full, finished }
    private enum NextResult { case element(Element), empty, finished }

    private func tryPush(_ element: Element) -> PushResult {
        let (result, consumer) = state.withLock { state -> (PushResult, CheckedContinuation<Void, Never>?) in
            if state.isFinished { return (.finished, nil) }
            if state.elements.count >= capacity { return (.full, nil) }
            state.elements.append(element)
            defer { state.consumer = nil }
            return (.pushed, state.consumer)
        }
        consumer?.resume()
        return result
    }

    private func tryNext() -> NextResult {
        let (result, producers) = state.withLock { state -> (NextResult, [CheckedContinuation<Void, Never>]) in
            if state.elements.isEmpty { return (state.isFinished ? .finished : .empty, []) }
            defer { state.producers.removeAll() }
            return (.element(state.elements.removeFirst()), state.producers)
        }
        for producer in producers { producer.resume() }
        return result
    }

    private func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                if state.isFinished || state.elements.count < capacity { return true }
                state.producers.append(continuation)
                return false
            }
            if mayGoOn { continuation.resume() }
        }
    }

    private func waitForElement() async {
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                if state.isFinished || !state.elements.isEmpty { return true }
                state.consumer = continuation
                return false
            }
            if mayGoOn { continuation.resume() }
        }
    }

    private func wakeAll(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            let waiters = state.producers + (state.consumer.map { [$0] } ?? [])
            state.producers.removeAll()
            state.consumer = nil
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
