import CMalloc

/// How the process uses memory.
enum ProcessMemory {
    /// Lets all threads allocate from two heaps instead of eight a core.
    ///
    /// What one stage of the pipeline frees the next one then takes, instead of each thread keeping what its busiest moment needed:
    /// a recorder that ran for months would grow with every one of them. To be called before other threads start.
    static func shareHeaps() {
        feedrec_limit_heaps(2)
    }
}
