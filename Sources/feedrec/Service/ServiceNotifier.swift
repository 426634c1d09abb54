import RecorderStatus

#if canImport(Glibc)
import Glibc
import RecorderStatus
#elseif canImport(Musl)
import Musl
#endif

/// Reports our state to the service manager: the datagrams of sd_notify(3), sent to the socket in `NOTIFY_SOCKET`.
struct ServiceNotifier: Sendable {
    private let path: String

    /// How often to notify the watchdog; `nil` if the manager does not watch.
    let watchdogInterval: Duration?

    /// Returns `nil` if there is no service manager to notify.
    init?(environment: [String: String]) {
        guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@"),
            path.utf8.count < Self.pathBytesMax
        else { return nil }
        self.path = path
        // WATCHDOG_PID names another process if the variables were inherited.
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        // Twice as often as required, as sd_watchdog_enabled(3) recommends.
        watchdogInterval = isForUs && microseconds > 0 ? .microseconds(max(1000, microseconds / 2)) : nil
    }

    func ready() { send("READY=1") }
    func stopping() { send("STOPPING=1") }
    func watchdog() { send("WATCHDOG=1") }
    func status(_ text: String) { send("STATUS=\(text.replacing("\n", with: " "))") }

    /// Reports the start of a reload; ``ready()`` reports the end.
    func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)")
    }

    /// Sends a datagram.
    ///
    /// A lost datagram does not affect the recording; the manager acts on its absence.
    private func send(_ text: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var (address, length) = UnixSocketAddress.make(path)
        let bytes = Array(text.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // MSG_DONTWAIT: a manager that does not read must not stop us.
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), address, length)
            }
        }
    }

    private static let pathBytesMax = UnixSocketAddress.pathBytesMax
}
