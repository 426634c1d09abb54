import FeedrecTestKit
import Foundation
import Recording
import Testing

@testable import RecorderStatus

struct StatusSocketTests {
    @Test("a running recorder answers with its document; a stopped recorder does not")
    func answer() throws {
        let directory = try TemporaryDirectory()
        #expect(try StatusSocket.ask(archive: directory.path) == nil)
        let monitor = RecorderMonitor(clock: ManualClock())
        monitor.add(FeedMonitor(name: "a", venue: "mt4", url: "wss://h/p"))
        do {
            let archive = directory.path
            let socket = try StatusSocket(archive: archive) {
                StatusDocument(monitor, archive: archive, process: .sample).json
            }
            for _ in 0..<3 {
                let status = try StatusDocument(json: #require(try StatusSocket.ask(archive: archive)))
                #expect(status.feeds.map(\.name) == ["a"] && status.feeds.map(\.state) == ["connecting"])
                #expect(!status.isHealthy)
                #expect(status.residentBytes == 4096 && status.diskFreeBytes == 1 << 40 && status.process == 4711)
            }
            withExtendedLifetime(socket) {}
        }
        #expect(try StatusSocket.ask(archive: directory.path) == nil)
    }

    @Test("a socket left by a killed recorder does not answer and is replaced; the path may be long")
    func leftBehind() throws {
        let directory = try TemporaryDirectory()
        let archive = directory.path + "/" + String(repeating: "long", count: 50)
        try FileManager.default.createDirectory(atPath: archive, withIntermediateDirectories: true)
        let stale = try StatusSocket(archive: archive) { Array("old".utf8) }
        #expect(link("\(archive)/.status", "\(archive)/kept") == 0)
        withExtendedLifetime(stale) {}
        _ = consume stale
        #expect(rename("\(archive)/kept", "\(archive)/.status") == 0)
        #expect(try StatusSocket.ask(archive: archive) == nil)
        let socket = try StatusSocket(archive: archive) { Array("new".utf8) }
        #expect(try StatusSocket.ask(archive: archive) == Array("new".utf8))
        withExtendedLifetime(socket) {}
    }

    @Test("a feed is healthy while it records, and a recorder while it runs its feeds")
    func health() throws {
        let clock = ManualClock()
        let monitor = RecorderMonitor(clock: clock)
        let feed = FeedMonitor(name: "a", venue: "mt4", url: "wss://h/p")
        monitor.add(feed)
        func isHealthy() -> Bool { StatusDocument(monitor, archive: "/", process: .sample).isHealthy }
        feed.enter(.recording, at: monitor.uptime())
        #expect(isHealthy())
        feed.enter(.waiting, at: monitor.uptime())
        #expect(!isHealthy())
        feed.enter(.recording, at: monitor.uptime())
        clock.advance(by: .seconds(31))
        #expect(!isHealthy(), "it hangs")
        monitor.update { $0.tickedAt = monitor.uptime() }
        #expect(isHealthy())
        monitor.update { $0.halt = "the disk is full" }
        #expect(!isHealthy())
    }

    @Test("the rate follows the messages, within about ten seconds")
    func rate() {
        let feed = FeedMonitor(name: "a", venue: "mt4", url: "wss://h/p")
        for second in 0..<60 {
            feed.update { $0.totals.messagesReceived += 100 }
            feed.sample(at: .seconds(second))
        }
        #expect(abs(feed.figures.messagesPerSecond - 100) < 1)
        for second in 60..<120 { feed.sample(at: .seconds(second)) }
        #expect(feed.figures.messagesPerSecond < 1)
    }
}
