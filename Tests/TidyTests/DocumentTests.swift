import Foundation
import Testing

/// What makes documents easy to read and to follow.
struct DocumentTests {
    /// Phrases that a native engineer would not write.
    private static let phrases = [
        "who does not", "nobody", "somebody", "so many", "the road", "is told", "are told", "what it says of", "anew",
        "one that ends before", "hang up on", "is believed", "word of", "has a say",
    ]

    static let manuals = SourceTree.files(in: "docs", suffix: ".md")

    @Test("no line of a manual is longer than 120 columns, tables and URLs excepted", arguments: manuals)
    func width(path: String) throws {
        for (number, line) in try lines(of: path) where line.count > 120 {
            #expect(line.hasPrefix("|") || line.contains("://"), "\(path):\(number) has \(line.count) columns")
        }
    }

    @Test("no manual uses a phrase that plain English does not have", arguments: manuals)
    func phrases(path: String) throws {
        for (number, line) in try lines(of: path) {
            // Words with spaces around them, so that a phrase is not found within a word.
            let words = line.lowercased().map { $0.isLetter || $0 == "'" ? $0 : " " }
            let text = " " + String(words) + " "
            for phrase in Self.phrases where text.contains(" \(phrase) ") {
                Issue.record("\(path):\(number) says '\(phrase)'")
            }
        }
    }

    @Test("every link in a manual leads to a file, and to a heading of it", arguments: manuals)
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

    private func lines(of path: String) throws -> [(number: Int, text: Substring)] {
        try SourceTree.text(of: path).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { ($0.offset + 1, $0.element) }
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
