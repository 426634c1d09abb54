import Foundation
import Testing

/// The first recording that the README shows.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ReadmeTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// The commands of the section, each with the output that the README shows below it.
    private func steps() throws -> [(command: String, output: [String])] {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let section = try #require(readme.firstRange(of: "## A first recording")?.upperBound)
        let start = try #require(readme[section...].firstRange(of: "```console\n")?.upperBound)
        let end = try #require(readme[start...].firstRange(of: "\n```\n")?.lowerBound)
        let lines = readme[start..<end].replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
        return lines.reduce(into: []) { steps, line in
            if line.hasPrefix("$ feedrec ") {
                steps.append((String(line.dropFirst("$ feedrec ".count)), []))
            } else if !steps.isEmpty {
                steps[steps.count - 1].output.append(line)
            }
        }
    }

    /// The arguments of a command line, without the quotes of the shell.
    private func arguments(_ command: String) -> [String] {
        command.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
        }
    }

    @Test("the first recording of the README runs and prints what the README shows")
    func firstRecording() async throws {
        let steps = try steps()
        try #require(steps.map { $0.command.prefix { $0 != " " } } == ["simulate", "record", "sql"])
        let simulate = arguments(steps[0].command).filter { $0 != "&" && $0 != "--listen" && !$0.hasPrefix("127.") }
        let (_, url) = try await bench.serve(simulate)
        let moved = steps.map { step in
            // Three seconds hold the bars that the README shows.
            arguments(step.command).map { argument in
                argument.replacing("ws://127.0.0.1:9001", with: url).replacing("./tape", with: bench.path("tape"))
                    .replacing("10s", with: "3s")
            }
        }
        let recorded = try await bench.succeed(moved[1])
        for line in steps[1].output {
            #expect(shapes(recorded.errors).contains(shapes(line)[0]), "no such line: \(line)")
        }
        let queried = try await bench.succeed(moved[2])
        #expect(queried.lines == steps[2].output)
    }

    /// The lines of a text, with each number as `0`.
    private func shapes(_ text: String) -> [String] {
        text.split(separator: "\n").map { String($0.replacing(/[0-9]+/, with: "0")) }
    }
}
