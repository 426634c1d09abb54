import Foundation
import Testing

/// The commands of a `console` block in a document, each with the output that the document shows below it.
struct ConsoleExample {
    struct Step {
        /// Without the prompt and `feedrec`.
        let command: String
        var output: [String] = []

        var verb: Substring { command.prefix { $0 != " " } }

        /// The arguments of the command line, without the quotes of the shell and without `&`.
        var arguments: [String] {
            command.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
                index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
            }
            .filter { $0 != "&" }
        }
    }

    private(set) var steps: [Step] = []

    /// Reads the first block below the heading `section` of a document, whose path starts at the root of the package.
    init(document: String, section: String) throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent(document), encoding: .utf8)
        let heading = try #require(text.firstRange(of: "\n## \(section)\n")?.upperBound)
        let start = try #require(text[heading...].firstRange(of: "```console\n")?.upperBound)
        let end = try #require(text[start...].firstRange(of: "\n```\n")?.lowerBound)
        for line in text[start..<end].replacing("\\\n", with: " ").split(separator: "\n").map(String.init) {
            if line.hasPrefix("$ feedrec ") {
                steps.append(Step(command: String(line.dropFirst("$ feedrec ".count))))
            } else if !steps.isEmpty {
                steps[steps.count - 1].output.append(line)
            }
        }
    }
}
