/// Figures of a recorder's process and of the disk that it writes to.
package struct ProcessFigures: Sendable {
    /// The version of the program.
    package var version: String
    package var processID: Int32
    package var residentBytes: Int64?
    /// CPU time of all threads.
    package var cpuSeconds: Double
    package var diskFreeBytes: Int64?
    /// The size of the recording's write-ahead log.
    package var walBytes: Int64?
    /// Log lines lost because standard error was not read.
    package var logLinesLost: Int64

    package init(
        version: String,
        processID: Int32,
        residentBytes: Int64? = nil,
        cpuSeconds: Double,
        diskFreeBytes: Int64? = nil,
        walBytes: Int64? = nil,
        logLinesLost: Int64
    ) {
        self.version = version
        self.processID = processID
        self.residentBytes = residentBytes
        self.cpuSeconds = cpuSeconds
        self.diskFreeBytes = diskFreeBytes
        self.walBytes = walBytes
        self.logLinesLost = logLinesLost
    }
}
