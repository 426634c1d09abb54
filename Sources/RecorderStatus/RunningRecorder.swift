package import Recording

/// What a running recorder shows: its own figures, and those of its process.
package struct RunningRecorder: Sendable {
    package let monitor: RecorderMonitor
    /// The directory of the recorder.
    package let archive: String
    private let readProcess: @Sendable (_ archive: String, _ file: String?) -> ProcessFigures

    /// `process` reads the figures of the process, given the archive and the recording that is being written.
    package init(
        _ monitor: RecorderMonitor,
        archive: String,
        process: @escaping @Sendable (_ archive: String, _ file: String?) -> ProcessFigures
    ) {
        self.monitor = monitor
        self.archive = archive
        readProcess = process
    }

    /// The state at this moment, for `feedrec status`.
    package var document: StatusDocument { StatusDocument(monitor, archive: archive, process: process) }

    /// The page for Prometheus at this moment.
    var metrics: String { MetricsPage.text(of: monitor, process: process) }

    private var process: ProcessFigures { readProcess(archive, monitor.storage.file) }
}
