#if FEEDREC_TSAN

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Stands for `Synchronization.Mutex` in builds for the thread sanitizer, which cannot see what that one does.
///
/// On Linux it is made of atomics and futex calls in a library that is not instrumented, so that every access under it is
/// reported as a race; the calls of a `pthread_mutex_t` are intercepted. Build with `-Xswiftc -DFEEDREC_TSAN`.
///
/// `@unchecked Sendable`: `value` is only touched under `lock`.
package final class Mutex<Value: Sendable>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }
}

#endif
