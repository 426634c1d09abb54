import Glibc

/// Checks that the system lets this program have enough threads (`ulimit -u`, `pids.max` of a container).
///
/// Later on, work waits if a thread cannot be started. But an event loop then traps, so we try the first threads before
/// anything else starts.
enum ThreadLimit {
    /// For an event loop, tasks, the writer of a recording, the journal, the log and the status, plus one spare.
    private static let needed = 8

    /// Starts the threads that every verb needs, all at the same time, and ends them.
    ///
    /// Returns the failure, if there is one.
    static func failure() -> Failure? {
        var gate = pthread_mutex_t()
        pthread_mutex_init(&gate, nil)
        pthread_mutex_lock(&gate)
        var threads: [pthread_t] = []
        var code: Int32 = 0
        while code == 0, threads.count < needed {
            var thread = pthread_t()
            code = pthread_create(&thread, nil, waitAtGate, &gate)
            if code == 0 { threads.append(thread) }
        }
        pthread_mutex_unlock(&gate)
        for thread in threads { pthread_join(thread, nil) }
        pthread_mutex_destroy(&gate)
        guard code != 0 else { return nil }
        return Failure(
            "cannot start \(needed) threads: \(String(cString: strerror(code)).lowercased())\(limit)",
            hint: "raise the limit for processes and threads ('ulimit -u'), or for memory ('ulimit -v')"
        )
    }

    private static var limit: String {
        var limits = rlimit()
        guard getrlimit(Int32(__RLIMIT_NPROC.rawValue), &limits) == 0, limits.rlim_cur != rlim_t.max else {
            return ""
        }
        return " (this user may have \(limits.rlim_cur))"
    }
}

/// Holds a thread until the gate opens.
private func waitAtGate(_ gate: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self)
    if let gate {
        pthread_mutex_lock(gate)
        pthread_mutex_unlock(gate)
    }
    return nil
}
