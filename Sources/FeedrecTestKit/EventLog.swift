import Synchronization

/// Collects events of a test in order, and can wait for them.
package final class EventLog<Element: Sendable>: Sendable {
    private struct Waiter {
        let id: UInt64
        let isSatisfied: @Sendable ([Element]) -> Bool
        let continuation: CheckedContinuation<[Element], Never>
    }

    private struct State {
        var elements: [Element] = []
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// All elements so far.
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

    /// Waits until the elements satisfy the condition, or until the task is cancelled, and returns them.
    @discardableResult
    package func until(_ isSatisfied: @escaping @Sendable ([Element]) -> Bool) async -> [Element] {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let already = state.withLock { state -> [Element]? in
                    if Task.isCancelled || isSatisfied(state.elements) { return state.elements }
                    state.waiters.append(Waiter(id: id, isSatisfied: isSatisfied, continuation: continuation))
                    return nil
                }
                if let already { continuation.resume(returning: already) }
            }
        } onCancel: {
            let (elements, waiter) = state.withLock { state -> ([Element], Waiter?) in
                let index = state.waiters.firstIndex { $0.id == id }
                return (state.elements, index.map { state.waiters.remove(at: $0) })
            }
            waiter?.continuation.resume(returning: elements)
        }
    }

    /// Waits until there are at least `count` elements.
    @discardableResult
    package func until(count: Int) async -> [Element] {
        await until { $0.count >= count }
    }
}
