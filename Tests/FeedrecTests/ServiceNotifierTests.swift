import FeedrecTestKit
import Foundation
import RecorderStatus
import Testing

@testable import feedrec

/// The messages to the service manager, on a datagram socket of the test.
struct ServiceNotifierTests {
    private final class Manager {
        let path: String
        private let descriptor: Int32

        init(path: String) throws {
            self.path = path
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var (address, length) = UnixSocketAddress.make(path)
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
            }
            try #require(bound == 0)
            var patience = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }

        deinit { close(descriptor) }

        func receive() -> String {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }

    @Test("each state is one datagram, at a path and in the abstract name space", arguments: [true, false])
    func datagrams(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = isAbstract ? "@feedrec-test-\(UUID().uuidString)" : directory.path + "/notify"
        let manager = try Manager(path: path)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": path]))
        notifier.ready()
        #expect(manager.receive() == "READY=1")
        notifier.status("two\nlines")
        #expect(manager.receive() == "STATUS=two lines")
        notifier.watchdog()
        #expect(manager.receive() == "WATCHDOG=1")
        notifier.reloading()
        #expect(manager.receive().wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=\d+/) != nil)
        notifier.stopping()
        #expect(manager.receive() == "STOPPING=1")
    }

    @Test("the watchdog is notified twice as often as needed, and only if it watches this process")
    func watchdog() throws {
        let socket = ["NOTIFY_SOCKET": "/nowhere"]
        func interval(_ environment: [String: String]) -> Duration? {
            ServiceNotifier(environment: socket.merging(environment) { $1 })?.watchdogInterval
        }
        #expect(interval([:]) == nil)
        #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(15))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "x"]) == nil)
    }

    @Test("without a manager, or after it has gone, nothing happens")
    func noManager() {
        #expect(ServiceNotifier(environment: [:]) == nil)
        #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET": "relative"]) == nil)
        #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)]) == nil)
        ServiceNotifier(environment: ["NOTIFY_SOCKET": "/no/such/socket"])?.ready()
    }
}
