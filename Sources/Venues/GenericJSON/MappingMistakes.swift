/// A mistake in a mapping, and where it is.
struct MappingProblem: Hashable, Sendable {
    /// The path of the key, such as `message[1].price`; empty for the whole mapping.
    let path: String
    /// What is wrong, for the author of the mapping.
    let reason: String
}

/// Every mistake in a mapping, which therefore cannot be used.
package struct MappingMistakes: Error, Hashable, CustomStringConvertible {
    let problems: [MappingProblem]

    init(_ problems: [MappingProblem]) { self.problems = problems }

    /// The mistakes with the paths of their keys.
    package var description: String {
        problems.map { problem in
            "'\(problem.path.isEmpty ? "mapping" : "mapping.\(problem.path)")' \(problem.reason)"
        }
        .joined(separator: "; ")
    }
}
