import Foundation
import Testing

/// Documents lead to each other.
struct DocumentTests {
    static let manuals = SourceTree.files(in: "docs", suffix: ".md") + ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"]

    @Test("every link in a document leads to a file, and to a heading of it", arguments: manuals)
    func links(path: String) throws {
        for match in try SourceTree.text(of: path).matches(of: /\]\(([^)\s]+)\)/) {
            let parts = match.1.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
            guard !parts[0].contains("://") else { continue }
            let target = parts[0].isEmpty ? path : Self.resolve(parts[0], from: path)
            guard SourceTree.exists(target) else {
                Issue.record("\(path) links to \(match.1), which is not there")
                continue
            }
            if parts.count > 1 {
                #expect(try Self.anchors(of: target).contains(parts[1]), "\(path) links to \(match.1)")
            }
        }
    }

    /// `link` as a path from the root, where it stands in the file `path`.
    private static func resolve(_ link: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") {
            if part == ".." { parts = parts.dropLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }

    /// The anchors of a document's headings, as code hosts make them: small letters, digits, `-` and `_`.
    private static func anchors(of path: String) throws -> Set<String> {
        let headings = try SourceTree.text(of: path).matches(of: /(?m)^#+ (.+)$/).map { $0.1.lowercased() }
        return Set(
            headings.map { heading in
                String(heading.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.map { $0 == " " ? "-" : $0 })
            }
        )
    }
}
