import Foundation
import RecorderStatus

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension ProcessFigures {
    /// Reads the figures, with a few system calls.
    static func read(archive: String, file: String?) -> ProcessFigures {
        ProcessFigures(
            version: Program.version,
            processID: ProcessInfo.processInfo.processIdentifier,
            residentBytes: residentBytes(),
            cpuSeconds: Clocks.cpuSeconds(),
            diskFreeBytes: freeBytes(on: archive),
            walBytes: file.map { size(of: $0 + "-wal") ?? 0 },
            logLinesLost: StandardError.lostLines
        )
    }

    /// The second number of /proc/self/statm, in pages (proc(5)).
    private static func residentBytes() -> Int64? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int64(fields[1]) else { return nil }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Free bytes for an ordinary user.
    private static func freeBytes(on directory: String) -> Int64? {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    private static func size(of path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}
