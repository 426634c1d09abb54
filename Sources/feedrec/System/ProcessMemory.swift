import CMalloc

/// Limits the memory that the process holds.
enum ProcessMemory {
    /// Makes all threads allocate from two heaps instead of eight per core.
    ///
    /// Memory that one pipeline stage frees is then reused by the next stage. Otherwise each thread keeps the memory of
    /// its busiest moment, and a recorder grows over months. Call this before other threads start.
    static func shareHeaps() {
        feedrec_limit_heaps(2)
    }
}
