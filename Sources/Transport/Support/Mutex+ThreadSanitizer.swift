#if FEEDREC_TSAN

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Replaces `Synchronization.Mutex` in builds for the thread sanitizer, which does not understand that type.
///
/// On Linux `Synchronization.Mutex` uses atomics and futex calls in a library without instrumentation, so every access
/// under it is reported as a race. The sanitizer intercepts calls on a `pthread_mutex_t`. Build with `-Xswiftc
/// -DFEEDREC_TSAN`.
///
/// `@unchecked Sendable`: `value` is only accessed under `lock`.
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
