import FeedrecWebSocket
import Foundation
import Testing

/// The example of `docs/LIBRARIES.md`.
struct ManualExampleTests {
    /// The example as in the manual, except for its use of the text.
    private func run(url: String, print: (String) -> Void) async throws {
        let socket = try await WebSocket.connect(to: url)
        try await socket.send("hello")
        for try await message in socket.messages {
            if case .text(let text) = message { print(text) }
            await socket.close()
        }
        print("closed: \(socket.state)")
    }

    @Test("the manual's example runs")
    func example() async throws {
        try await withListener { listener in
            var lines: [String] = []
            try await run(url: listener.url) { lines.append($0) }
            #expect(lines.first == "hello")
            #expect(lines.last == "closed: closed (code 1000)")
            #expect(lines.count == 2)
        }
    }

    @Test("the manual shows the example that is run")
    func text() throws {
        let file = URL(fileURLWithPath: #filePath)
        let root = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let manual = try String(contentsOf: root.appendingPathComponent("docs/LIBRARIES.md"), encoding: .utf8)
        let source = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(manual.firstRange(of: "```swift\nimport FeedrecWebSocket\n")?.lowerBound)
        let end = try #require(manual[start...].firstRange(of: "\n```\n")?.lowerBound)
        let tested = Set(source.split(separator: "\n").map { $0.drop { $0 == " " } })
        for line in manual[start..<end].split(separator: "\n").dropFirst() {
            #expect(tested.contains(line.drop { $0 == " " }), "'\(line)' is not tested")
        }
    }
}
