import Foundation
import MarketModel
import NIOPosix
import Testing
import Transport
import WebSocketProtocol

/// A headless Chromium with one page, controlled over its DevTools protocol with our own WebSocket client.
final class Browser {
    static let executable: URL? = Executable.find("chromium") ?? Executable.find("chromium-browser")
    static let reason: Comment = "needs Chromium"

    private let program: RunningProgram
    private let connection: WebSocketConnection
    private var lastID = 0
    /// The page's reports so far: exceptions, console errors, requests that the policy refused.
    private(set) var complaints: [String] = []

    /// Starts a browser with an empty page of this size, in CSS pixels.
    init(_ bench: Workbench, width: Int = 1280, height: Int = 900) async throws {
        let executable = try #require(Self.executable)
        program = try bench.start(
            executable,
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"]
                + ["--user-data-dir=\(bench.path("chromium"))", "--window-size=\(width),\(height)", "about:blank"]
        )
        let marker = "DevTools listening on "
        let errors = { [program] in program.errors }
        try await program.wait(for: "the DevTools address") { errors().contains(marker) && errors().contains("\n") }
        let line = try #require(program.errors.split(separator: "\n").first { $0.hasPrefix(marker) })
        let origin = try #require(URL(string: String(line.dropFirst(marker.count))))
        let page = try await Self.pageAddress(port: #require(origin.port))
        connection = try await WebSocketClient.connect(
            .init(url: WebSocketURL(page)),
            group: MultiThreadedEventLoopGroup.singleton,
            now: { UnixNanoseconds(0) }
        )
        for domain in ["Page", "Runtime", "Log"] { _ = try await call("\(domain).enable") }
        _ = try await call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600]
        )
    }

    deinit {
        connection.abort()
        program.kill()
    }

    func open(_ url: String) async throws {
        _ = try await call("Page.navigate", ["url": url])
    }

    /// Returns the value of a JavaScript expression.
    ///
    /// Promises are awaited.
    func evaluate(_ expression: String) async throws -> Any? {
        let answer = try await call(
            "Runtime.evaluate",
            ["expression": expression, "awaitPromise": true, "returnByValue": true]
        )
        if let details = answer["exceptionDetails"] as? [String: Any] { throw TooLate(description: "\(details)") }
        return (answer["result"] as? [String: Any])?["value"]
    }

    /// Waits until a JavaScript expression is true.
    func wait(for expression: String) async throws {
        let deadline = ContinuousClock.now + .seconds(RunningProgram.patience)
        while try await evaluate("Boolean(\(expression))") as? Bool != true {
            guard ContinuousClock.now < deadline else {
                let text = try await evaluate("document.body.innerText") as? String ?? ""
                throw TooLate(description: "waited for \(expression); the page says: \(text) \(complaints)")
            }
            // Wait for a frame of the page, so that polling does not starve it.
            _ = try await evaluate("new Promise((done) => setTimeout(done, 50))")
        }
    }

    /// Presses one key, as on a keyboard.
    func press(_ key: String, code: String = "") async throws {
        let isText = key.count == 1
        for type in ["keyDown", "keyUp"] {
            var event: [String: Any] = ["type": type, "key": key, "code": code]
            if isText, type == "keyDown" { event["text"] = key }
            _ = try await call("Input.dispatchKeyEvent", event)
        }
    }

    /// Clicks in the middle of the element, or at a fraction of its width.
    func click(_ selector: String, at share: Double = 0.5) async throws {
        let box =
            "(() => { const e = document.querySelector('\(selector)'); e.scrollIntoView({block: 'nearest'}); "
            + "const r = e.getBoundingClientRect(); return [r.x + r.width * \(share), r.y + r.height / 2]; })()"
        let place = try #require(try await evaluate(box) as? [Double])
        for type in ["mousePressed", "mouseReleased"] {
            let event: [String: Any] = ["type": type, "x": place[0], "y": place[1], "button": "left", "clickCount": 1]
            _ = try await call("Input.dispatchMouseEvent", event)
        }
    }

    /// Writes a screenshot of the page as PNG.
    func screenshot(to path: String) async throws {
        let answer = try await call("Page.captureScreenshot", ["format": "png"])
        let data = try #require((answer["data"] as? String).flatMap { Data(base64Encoded: $0) })
        try data.write(to: URL(fileURLWithPath: path))
    }

    // MARK: The protocol

    private func call(_ method: String, _ parameters: [String: Any] = [:]) async throws -> [String: Any] {
        lastID += 1
        let request: [String: Any] = ["id": lastID, "method": method, "params": parameters]
        var outgoing = MessageBatch()
        let text = try JSONSerialization.data(withJSONObject: request)
        outgoing.append(text, kind: .text, direction: .sent, tsRecv: UnixNanoseconds(0))
        try await connection.send(outgoing)
        while let batch = try await connection.receive() {
            var result: [String: Any]?
            for index in 0..<batch.count {
                let message = batch.withPayload(at: index) { Data($0) }
                guard let object = try JSONSerialization.jsonObject(with: message) as? [String: Any] else { continue }
                if object["id"] as? Int == lastID {
                    if let error = object["error"] { throw TooLate(description: "\(method): \(error)") }
                    result = object["result"] as? [String: Any] ?? [:]
                } else {
                    note(object)
                }
            }
            if let result { return result }
        }
        throw TooLate(description: "the browser went away during \(method)")
    }

    private func note(_ event: [String: Any]) {
        let parameters = event["params"] as? [String: Any] ?? [:]
        switch event["method"] as? String {
        case "Runtime.exceptionThrown": complaints.append("\(parameters)")
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any] ?? [:]
            if entry["level"] as? String == "error" {
                complaints.append("\(entry["text"] ?? "") \(entry["url"] ?? "")")
            }
        case "Runtime.consoleAPICalled":
            if parameters["type"] as? String == "error" { complaints.append("\(parameters["args"] ?? "")") }
        default: return
        }
    }

    /// The address of the only page, from the browser's own HTTP server.
    private static func pageAddress(port: Int) async throws -> String {
        let answer = try await HTTPClient.send(
            .init(method: "GET"),
            .init(url: WebSocketURL("ws://127.0.0.1:\(port)/json/list")),
            group: MultiThreadedEventLoopGroup.singleton,
            now: { UnixNanoseconds(0) }
        )
        let list = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [[String: Any]] ?? []
        let page = try #require(list.first { $0["type"] as? String == "page" })
        return try #require(page["webSocketDebuggerUrl"] as? String)
    }
}
