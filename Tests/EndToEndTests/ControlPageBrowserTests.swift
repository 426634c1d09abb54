import FeedrecTestKit
import Foundation
import Testing
import Transport

/// The page that controls a replay, in a browser.
@Suite(.fewAtOnce, .enabled(if: Browser.executable != nil, Browser.reason), .timeLimit(.minutes(5)))
struct ControlPageBrowserTests {
    private let bench: Workbench
    private static let token = "page-token-1234"

    init() throws { bench = try Workbench() }

    /// Ten minutes of a hub, five messages per second, with a gap of half a minute from the fourth minute on.
    private func serve(_ flags: [String] = [], environment: [String: String] = [:]) async throws -> String {
        let (_, archive) = try await HubTape.imported(on: bench, count: 3000, stepMilliseconds: 200)
        let from = HubTape.start + 240_000_000_000
        let gap = "INSERT INTO gap (session_id, feed_id, ts_from, ts_to, cause) SELECT session_id, feed_id, "
        try await bench.succeed(
            ["sql", archive, "--write", gap + "\(from), \(from + 30_000_000_000), 'disconnect' FROM feed LIMIT 1"]
        )
        return try await bench.serve(["replay", archive] + flags, environment: environment).url
    }

    private func page(_ url: String) -> String { url.replacing("ws://", with: "http://") + "/" }

    /// The path of a screenshot: next to the test, or in a directory from the environment.
    private func picture(_ name: String) -> String {
        let directory = ProcessInfo.processInfo.environment["FEEDREC_SCREENSHOTS"] ?? bench.directory
        return "\(directory)/\(name).png"
    }

    private static let now = "document.getElementById('now').textContent"
    private static let state = "document.getElementById('state').textContent"
    private static let start = "2026-01-05 09:30:00"

    /// Pixels of the chart that are neither empty nor grey: candles.
    private static let candlePixels = """
        (() => { const c = document.getElementById('chart'); const d = c.getContext('2d').getImageData(0, 0, c.width, \
        c.height).data; let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 0 && Math.max(d[i], d[i + 1], \
        d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60) n++; return n; })()
        """

    /// The position of the tape in seconds after its start.
    private static let seconds = """
        (() => { const t = document.getElementById('now').textContent.match(/(\\d+):(\\d+):(\\d+(\\.\\d+)?)/); \
        return (t[1] - 9) * 3600 + (t[2] - 30) * 60 + Number(t[3]); })()
        """

    /// The bids in the price table, as text.
    private static let bids =
        "[...document.querySelectorAll('#prices tbody tr')].map((row) => row.cells[1].textContent)"

    @Test("the page controls its own tape, by buttons, keys and the timeline, without errors")
    func ownTape() async throws {
        let url = try await serve()
        let browser = try await Browser(bench)
        try await browser.open(page(url))
        try await browser.wait(for: "document.querySelectorAll('#prices tbody tr').length >= 4")
        try await browser.wait(for: Self.state + ".startsWith('paused')")
        try await browser.wait(for: Self.seconds + " < 0.001")
        try await browser.wait(
            for: "document.querySelector('#sessions tr:has(input:checked)').innerText.includes('this page')"
        )
        try await browser.screenshot(to: picture("1-start"))

        try await browser.click("#play")
        try await browser.wait(for: Self.state + ".startsWith('playing')")
        try await browser.wait(for: Self.seconds + " > 1")
        for _ in 0..<5 { try await browser.press("+") }
        try await browser.wait(for: Self.state + ".includes('100')")
        try await browser.wait(for: Self.seconds + " > 120")
        try await browser.wait(for: Self.candlePixels + " > 100")
        try await browser.press(" ")
        try await browser.wait(for: Self.state + ".startsWith('paused')")
        try await browser.screenshot(to: picture("2-played"))

        try await browser.click("#timeline", at: 0.5)
        try await browser.wait(for: "Math.abs(\(Self.seconds) - 300) < 5")
        // The tape is paused, so no event brings the prices.
        try await browser.wait(for: Self.bids + ".every((text) => /^[0-9]/.test(text))")
        try await browser.press(".")
        try await browser.wait(for: Self.seconds + " % 1 !== 0")
        try await browser.press("b")
        try await browser.wait(for: "\(Self.seconds) % 1 === 0")
        try await browser.press("Home")
        try await browser.wait(for: Self.seconds + " < 0.001")
        try await browser.press("g")
        try await browser.wait(for: "Math.abs(\(Self.seconds) - 239) < 0.1")
        try await browser.press("ArrowLeft")
        try await browser.wait(for: "Math.abs(\(Self.seconds) - 229) < 0.1")

        try await browser.press("l")
        try await browser.click("#timeline", at: 0.7)
        try await browser.click("#timeline", at: 0.8)
        try await browser.wait(for: "document.getElementById('loop').getAttribute('aria-pressed') === 'true'")
        try await browser.wait(for: "Math.abs(\(Self.seconds) - 420) < 6")
        try await browser.press("t")
        try await browser.screenshot(to: picture("3-loop-other-theme"))
        try await browser.press("l")
        try await browser.wait(for: "document.getElementById('loop').getAttribute('aria-pressed') === 'false'")
        #expect(browser.complaints == [])
    }

    @Test("the page controls another client, which only speaks its venue's protocol")
    func otherClient() async throws {
        let url = try await serve(["--speed", "100"])
        let client = try await connect(url + MT4.path)
        try await client.send(#"{"protocol":"json","version":1}"# + "\u{1E}")
        try await client.send(
            #"{"type":1,"invocationId":"1","target":"SubscribeToAllTicks","arguments":["P"]}"# + "\u{1E}"
        )
        let browser = try await Browser(bench)
        try await browser.open(page(url))
        try await browser.wait(for: "document.querySelectorAll('#sessions tr').length === 2")
        try await browser.click("#sessions tr:not(:has(input:checked)) input")
        try await browser.wait(for: Self.state + ".startsWith('playing')")
        try await browser.press(" ")
        try await browser.wait(for: Self.state + ".startsWith('paused')")
        try await browser.click("#timeline", at: 0.25)
        try await browser.wait(for: "Math.abs(\(Self.seconds) - 150) < 5")
        try await browser.wait(for: Self.candlePixels + " > 100")
        try await browser.wait(for: Self.bids + ".every((text) => /^[0-9]/.test(text))")
        let before = try await browser.evaluate(Self.bids + ".join()") as? String
        try await browser.screenshot(to: picture("4-other-client"))
        try await browser.click("#timeline", at: 0.9)
        try await browser.wait(for: Self.bids + ".join() !== '\(before ?? "")'")
        try await browser.wait(for: Self.bids + ".every((text) => /^[0-9]/.test(text))")
        try await browser.press("Home")
        try await browser.wait(for: Self.bids + ".every((text) => text === '–')")
        // Pings may arrive before; only the close matters.
        await client.close()
        try await browser.wait(for: "document.querySelectorAll('#sessions tr').length === 1")
        #expect(browser.complaints == [])
    }

    @Test("on a phone everything is visible without scrolling sideways")
    func phone() async throws {
        let url = try await serve(["--speed", "max"])
        let browser = try await Browser(bench, width: 390, height: 844)
        try await browser.open(page(url))
        try await browser.wait(for: "document.querySelectorAll('#prices tbody tr').length >= 4")
        // The speed given to the server.
        try await browser.wait(for: Self.state + ".endsWith('max')")
        try await browser.click("#timeline", at: 0.6)
        try await browser.wait(for: Self.candlePixels + " > 50")
        try await browser.screenshot(to: picture("5-phone"))
        #expect(try await browser.evaluate("document.documentElement.scrollWidth <= innerWidth") as? Bool == true)
        _ = try await browser.evaluate("scrollTo(0, document.body.scrollHeight)")
        try await browser.screenshot(to: picture("6-phone-below"))
        #expect(browser.complaints == [])
    }

    @Test("if a token is needed, the page takes it from its address, and explains if it has none")
    func token() async throws {
        let url = try await serve(["--token-env", "TOKEN"], environment: ["TOKEN": Self.token])
        let browser = try await Browser(bench)
        try await browser.open(page(url))
        try await browser.wait(for: "document.getElementById('notice')?.textContent")
        try await browser.open(page(url) + "?access_token=" + Self.token)
        try await browser.wait(for: "document.querySelectorAll('#prices tbody tr').length >= 4")
        try await browser.wait(for: Self.state + ".startsWith('paused')")
        #expect(try await browser.evaluate("location.href.includes('token')") as? Bool == false)
    }
}
