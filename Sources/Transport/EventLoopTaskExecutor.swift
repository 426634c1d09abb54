import NIOCore

/// Runs tasks on the thread of an event loop, between its reads and writes.
///
/// A task that waits for messages is woken without waking a thread: on the event loop's own thread the job is only put in
/// its queue. While a job runs, nothing else happens on the event loop.
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
