import Synchronization

/// What happened in a test, in order, and a way to wait for it.
package final class EventLog<Element: Sendable>: Sendable {
    private struct Waiter {
        let isSatisfied: @Sendable ([Element]) -> Bool
        let continuation: CheckedContinuation<[Element], Never>
    }

    private struct State {
        var elements: [Element] = []
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Everything so far.
    package var all: [Element] { state.withLock(\.elements) }

    package func append(_ element: Element) {
        let (elements, waiters) = state.withLock { state in
            state.elements.append(element)
            let elements = state.elements
            let satisfied = state.waiters.filter { $0.isSatisfied(elements) }
            if !satisfied.isEmpty { state.waiters.removeAll { $0.isSatisfied(elements) } }
            return (elements, satisfied)
        }
        for waiter in waiters { waiter.continuation.resume(returning: elements) }
    }

    /// Waits until all that happened is as wanted, and returns it.
    @discardableResult
    package func until(_ isSatisfied: @escaping @Sendable ([Element]) -> Bool) async -> [Element] {
        await withCheckedContinuation { continuation in
            let already = state.withLock { state -> [Element]? in
                if isSatisfied(state.elements) { return state.elements }
                state.waiters.append(Waiter(isSatisfied: isSatisfied, continuation: continuation))
                return nil
            }
            if let already { continuation.resume(returning: already) }
        }
    }

    /// Waits until there are `count` elements at least.
    @discardableResult
    package func until(count: Int) async -> [Element] {
        await until { $0.count >= count }
    }
}
