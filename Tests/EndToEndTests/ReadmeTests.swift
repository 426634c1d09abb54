import Foundation
import Testing

/// The first recording that the README shows.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ReadmeTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("the first recording of the README runs and prints what the README shows")
    func firstRecording() async throws {
        let steps = try ConsoleExample(document: "README.md", section: "A first recording").steps
        try #require(steps.map(\.verb) == ["simulate", "record", "sql"])
        let simulate = steps[0].arguments.filter { $0 != "--listen" && !$0.hasPrefix("127.") }
        let (_, url) = try await bench.serve(simulate)
        let moved = steps.map { step in
            // Three seconds hold the bars that the README shows.
            step.arguments.map { argument in
                argument.replacing("ws://127.0.0.1:9001", with: url).replacing("./tape", with: bench.path("tape"))
                    .replacing("10s", with: "3s")
            }
        }
        let recorded = try await bench.succeed(moved[1])
        let printed = shapes(recorded.errors.replacing(bench.path("tape"), with: "./tape"))
        for line in steps[1].output {
            #expect(printed.contains(shapes(line)[0]), "no such line: \(line)")
        }
        #expect(!recorded.errors.contains("warning"), "\(recorded.errors)")
        let queried = try await bench.succeed(moved[2])
        #expect(queried.lines == steps[2].output)
    }

    /// The lines of a text, with each number as `0`.
    private func shapes(_ text: String) -> [String] {
        text.split(separator: "\n").map { String($0.replacing(/[0-9]+/, with: "0")) }
    }
}
