import Synchronization

/// A bounded first-in, first-out queue between tasks; while it is full, its producers wait in order of arrival.
final class BoundedQueue<Element: Sendable>: Sendable {
    /// An element that waits for room; tickets are numbered in order of arrival.
    private struct Producer {
        let ticket: UInt64
        let element: Element
    }

    private struct State {
        var elements: [Element] = []
        var isFinished = false
        /// Set while the consumer is held up: producers do not wait then.
        var isRelaxed = false
        var isConsumerWaiting = false
        /// In order of arrival.
        var producers: [Producer] = []
        var lastTicket: UInt64 = 0
        /// The last ticket whose element was admitted.
        var admitted: UInt64 = 0

        var isIdle: Bool { isConsumerWaiting && elements.isEmpty && producers.isEmpty }
    }

    private enum Admission { case taken, refused, waiting(UInt64) }

    private let capacity: Int
    private let state = Mutex(State())
    /// Signalled when producers were admitted or the queue has ended.
    private let hasAdmitted = Condition()
    /// Signalled when an element was added or the queue has ended.
    private let hasElement = Condition()
    /// Signalled when the queue may be idle, is relaxed or has ended.
    private let mayBeIdle = Condition()

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
        switch admit(make) {
        case .refused: return false
        case .taken:
            hasElement.signal()
            return true
        case .waiting(let ticket):
            var isAdmitted = false
            await hasAdmitted.wait {
                state.withLock { state in
                    isAdmitted = ticket <= state.admitted
                    return isAdmitted || state.isFinished
                }
            }
            return isAdmitted
        }
    }

    private func admit(_ make: () -> Element) -> Admission {
        state.withLock { state in
            if state.isFinished { return .refused }
            let element = make()
            guard state.elements.count < capacity || state.isRelaxed else {
                state.lastTicket += 1
                state.producers.append(Producer(ticket: state.lastTicket, element: element))
                return .waiting(state.lastTicket)
            }
            state.elements.append(element)
            return .taken
        }
    }

    /// Lets producers continue although the queue is full, including those that wait, until the queue is empty again.
    ///
    /// A consumer calls this when it is held up. The producers must then limit what they produce.
    func relax() {
        state.withLock { state in
            state.isRelaxed = true
            state.elements += state.producers.map(\.element)
            state.admitted = state.lastTicket
            state.producers.removeAll()
        }
        mayBeIdle.signal()
        hasAdmitted.signal()
    }

    /// Waits until the consumer has finished everything that was pushed; returns false if the queue is finished.
    func untilIdle(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        await mayBeIdle.wait { state.withLock { $0.isFinished || $0.isIdle } }
        return !isFinished
    }

    /// Like ``untilIdle(isolation:)``, but also returns false if the consumer is held up.
    func untilIdleOrRelaxed(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        var isIdle = false
        await mayBeIdle.wait {
            state.withLock { state in
                isIdle = state.isIdle
                return isIdle || state.isFinished || state.isRelaxed
            }
        }
        return isIdle
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
        let (result, hasAdmittedOne) = state.withLock { state -> (NextResult, Bool) in
            if state.elements.isEmpty { return (state.isFinished ? .finished : .empty, false) }
            let element = state.elements.removeFirst()
            if state.elements.isEmpty { state.isRelaxed = false }
            guard let admitted = state.producers.first else { return (.element(element), false) }
            state.producers.removeFirst()
            state.elements.append(admitted.element)
            state.admitted = admitted.ticket
            return (.element(element), true)
        }
        if hasAdmittedOne { hasAdmitted.signal() }
        return result
    }

    private func waitForElement() async {
        state.withLock { $0.isConsumerWaiting = true }
        mayBeIdle.signal()
        await hasElement.wait { state.withLock { $0.isFinished || !$0.elements.isEmpty } }
        state.withLock { $0.isConsumerWaiting = false }
    }

    /// Ends the queue and drops the elements of producers that still wait for room.
    private func end(_ change: (inout State) -> Void) {
        state.withLock { state in
            state.isFinished = true
            state.producers.removeAll()
            change(&state)
        }
        hasAdmitted.signal()
        hasElement.signal()
        mayBeIdle.signal()
    }
}
