import RecorderStatus

extension ProcessFigures {
    static let sample = ProcessFigures(
        version: "0.1.0",
        processID: 4711,
        residentBytes: 4096,
        cpuSeconds: 1.25,
        diskFreeBytes: 1 << 40,
        walBytes: 0,
        logLinesLost: 0
    )
}
