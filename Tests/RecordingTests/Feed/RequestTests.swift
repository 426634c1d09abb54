import Archive
import FeedrecTestKit
import MarketModel
import Synchronization
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// HTTP requests beside a connection.
@Suite(.timeLimit(.minutes(5)))
struct RequestTests {
    private static let lists = ["a", "b", "c"].map { RESTExchange(url: "https://venue.example/\($0)") }
    /// Sends a trade, and stays until the client leaves.
    private static let scene = ScriptedVenue.Scene.talk { connection, _ in
        try await connection.send(SpotSample.trade(id: 1))
        _ = try await connection.receiveAll()
    }

    private let bench: RecorderBench
    private let asked = Asked()

    init() throws {
        var bench = try RecorderBench.binance()
        bench.policy.retriesFirstConnection = true
        self.bench = bench
    }

    @Test("requests go out in order, one at a time and at the venue's pace; the answers are messages")
    func order() async throws {
        let access = access(Self.lists, interval: .seconds(2)) { exchange, _ in
            HTTPResponse(status: 200, text: String(exchange.path))
        }
        try await record(access) { run in
            while run.reports.all.received < 4 { await second(run) }
        }
        #expect(asked.exchanges == Self.lists && asked.atOnceMax == 1)
        #expect(asked.waits.count == 2 && asked.waits.allSatisfy { $0 >= .seconds(2) && $0 <= .seconds(4) })
        let answers = try bench.stored().messages.filter { $0.text.hasPrefix("GET ") }
        #expect(answers.map(\.text) == ["a", "b", "c"].map { "GET https://venue.example/\($0) 200\n/\($0)" })
        #expect(answers.allSatisfy { $0.direction == .received && $0.tsRecv >= ManualClock().unixNow })
    }

    @Test("nothing is requested before the time that the venue asks for", arguments: [429, 418])
    func held(status: Int) async throws {
        let access = access([Self.lists[0]], interval: .zero) { _, number in
            var response = HTTPResponse(status: number == 1 ? status : 200, text: "x")
            if number == 1 { response.headers.append("Retry-After", "120") }
            return response
        }
        try await record(access) { run in
            while asked.exchanges.count < 2 { await second(run) }
        }
        let wait = try #require(asked.waits.first)
        #expect(wait >= .seconds(120) && wait <= .seconds(123))
        let notices = bench.reports.all.compactMap { if case .notice(let text) = $0 { text } else { nil } }
        let text = "the venue answers \(status) to GET https://venue.example/a and asks us to wait 120 s"
        #expect(notices.filter { $0 == text }.count == 1)
    }

    @Test("after errors of the venue or of the network, attempts come later and later")
    func backoff() async throws {
        let access = access([Self.lists[0]], interval: .zero) { _, number throws(TransportError) in
            if number == 2 { throw TransportError(code: .network, description: "no answer") }
            return HTTPResponse(status: number < 5 ? 503 : 200, text: "x")
        }
        try await record(access) { run in
            while asked.exchanges.count < 5 { await second(run) }
        }
        #expect(asked.waits.count == 4)
        for (wait, least) in zip(asked.waits, [1, 2, 4, 8]) {
            #expect(wait >= .seconds(least) && wait <= .seconds(least + 3))
        }
    }

    @Test("a request that ends with its connection is made again by the next connection")
    func dropped() async throws {
        let never = ManualClock()
        let access = access([Self.lists[0]], interval: .zero) { _, number throws(TransportError) in
            if number == 1 {
                do { try await never.sleep(until: never.now.advanced(by: .seconds(1))) } catch {
                    throw TransportError(code: .cancelled, description: "cancelled")
                }
            }
            return HTTPResponse(status: 200, text: "x")
        }
        let log = asked
        let leaving = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 1))
            await log.until(count: 1)
        }
        try await record(access, [leaving, Self.scene]) { run in
            while asked.exchanges.count < 2 || run.reports.all.received < 3 { await second(run) }
        }
        #expect(asked.exchanges.count == 2)
        #expect(try bench.stored().messages.count { $0.text.hasPrefix("GET ") } == 1)
    }

    @Test("lists are requested again after six hours, and not earlier")
    func period() async throws {
        let access = access([Self.lists[0]], interval: .zero) { _, _ in HTTPResponse(status: 200, text: "x") }
        try await record(access) { run in
            while asked.exchanges.isEmpty { await second(run) }
            await advance(run, by: .seconds(6 * 3600 - 60))
            for _ in 0..<10 { await second(run) }
            #expect(asked.exchanges.count == 1)
            await advance(run, by: .seconds(60))
            while asked.exchanges.count < 2 { await second(run) }
        }
        #expect(asked.waits.allSatisfy { $0 >= RESTAccess.instrumentPeriod })
    }

    // MARK: Running

    private typealias Answer = @Sendable (RESTExchange, _ number: Int) async throws(TransportError) -> HTTPResponse

    private func access(
        _ requests: [RESTExchange],
        interval: Duration,
        _ answer: @escaping Answer
    ) -> RESTAccess {
        let (asked, wall) = (asked, bench.wall)
        var access = RESTAccess(pace: RESTPace()) { exchange async throws(TransportError) in
            let number = asked.begin(exchange, at: wall.unixNow)
            defer { asked.end() }
            return try await answer(exchange, number)
        }
        access.instrumentRequests = requests
        access.interval = interval
        return access
    }

    /// Records until `body` returns.
    private func record(
        _ access: RESTAccess,
        _ scenes: [ScriptedVenue.Scene] = [scene],
        _ body: @escaping @Sendable (RecorderBench) async throws -> Void
    ) async throws {
        let run = bench
        try await withServer(ScriptedVenue(scenes)) { server in
            var feed = run.feed(server.url)
            feed.rest = access
            let recorder = run.recorder(of: [feed])
            let writer = try run.openWriter()
            async let outcome = recorder.run(into: writer)
            try await body(run)
            run.stop.request(.signal)
            _ = try await outcome
            await writer.close()
        }
    }

    private func second(_ bench: RecorderBench) async {
        await advance(bench, by: .seconds(1))
        await NetworkTurns.wait(2)
    }

    /// Advances both clocks.
    private func advance(_ bench: RecorderBench, by duration: Duration) async {
        await bench.clock.untilSleeping(count: 1)
        bench.wall.advance(by: duration)
        bench.clock.advance(by: duration)
        await Task.yield()
    }
}

/// The requests that were made.
private final class Asked: Sendable {
    private let log = EventLog<(exchange: RESTExchange, time: UnixNanoseconds)>()
    private let running = Mutex((now: 0, max: 0))

    var exchanges: [RESTExchange] { log.all.map(\.exchange) }
    var atOnceMax: Int { running.withLock(\.max) }

    /// The times between one request and the next.
    var waits: [Duration] {
        let times = log.all.map(\.time)
        return zip(times, times.dropFirst()).map { $1.since($0) }
    }

    /// Returns the number of the request, counted from 1.
    func begin(_ exchange: RESTExchange, at time: UnixNanoseconds) -> Int {
        running.withLock {
            $0.now += 1
            $0.max = max($0.max, $0.now)
        }
        log.append((exchange, time))
        return log.all.count
    }

    func end() { running.withLock { $0.now -= 1 } }

    func until(count: Int) async { await log.until(count: count) }
}
