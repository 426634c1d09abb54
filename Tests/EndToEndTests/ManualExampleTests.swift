import Foundation
import Testing

/// The examples of the manuals that need no venue but the simulated one.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ManualExampleTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "the first example of a manual runs, and its queries give the columns that the manual shows",
        arguments: [
            ("docs/RECORDING.md", "A first recording"), ("docs/venues/mt4.md", "Example"),
            ("docs/venues/binance-spot.md", "Example"),
        ]
    )
    func firstExample(document: String, section: String) async throws {
        let steps = try ConsoleExample(document: document, section: section).steps
        try #require(steps.prefix(2).map(\.verb) == ["simulate", "record"])
        // The free port comes last, and counts.
        let (_, url) = try await bench.serve(steps[0].arguments + ["--rate", "max"])
        for step in steps.dropFirst() {
            let arguments = step.arguments.map {
                $0.replacing(/ws:\/\/127\.0\.0\.1:[0-9]+/, with: url).replacing("./tape", with: bench.path("tape"))
            }
            let finished = try await bench.succeed(arguments + (step.verb == "sql" ? ["--format", "csv"] : []))
            guard step.verb == "sql" else { continue }
            let shown = try #require(step.output.first).split(separator: " ")
            #expect(finished.lines.first?.split(separator: ",") == shown)
            // The header, the line below it, the rows, and how many they are.
            #expect(finished.lines.count == step.output.count - 2)
        }
    }
}
