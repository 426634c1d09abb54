import NIOCore

/// Runs tasks on the thread of an event loop, between its reads and writes.
///
/// A task that waits for messages resumes without waking another thread: its job is queued on the event loop's own
/// thread. While a job runs, the event loop does nothing else.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
