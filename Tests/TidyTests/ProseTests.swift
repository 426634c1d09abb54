import Foundation
import Testing

/// Rules of plain English and of layout that a program can check.
struct ProseTests {
    /// Phrases of translated English, each with what to write instead.
    static let phrases: [(phrase: String, instead: String)] = [
        ("who does not", "name the program or the part that does not"),
        ("nobody", "name what does not"),
        ("somebody", "name the person or the program"),
        ("so many", "this number of"),
        ("the road", "the path, or the pipeline"),
        ("is told", "is reported, is logged"),
        ("are told", "are reported, are logged"),
        ("what it says of", "what it reports about"),
        ("anew", "again, a new one"),
        ("one that ends before", "an earlier one"),
        ("hang up on", "close the connection of"),
        ("is believed", "is used, is trusted"),
        ("word of", "name what is said"),
        ("has a say", "decides"),
        ("as it stands", "unchanged"),
        ("the same holds", "name what is also true"),
        ("begins another", "starts a new"),
        ("begin another", "start a new"),
        ("is begun", "is started"),
        ("goes on with", "continues with"),
        ("wherefore", "therefore"),
        ("so to speak", "leave it out"),
        ("as if nothing", "say what does not change"),
        ("would puzzle", "say what is unclear"),
    ]

    private static let columnsMax = 120

    /// Everything that people read, apart from migrations, which never change once they are published.
    private static let texts: [String] = {
        let folders = ["Sources", "Tests", "docs", "examples", "Fuzz"]
        let suffixes = [".swift", ".md", ".toml", ".sh", ".py", ".h", ".c", ".js", ".css", ".html", ".yml", ".service"]
        let found = folders.flatMap { folder in suffixes.flatMap { SourceTree.files(in: folder, suffix: $0) } }
        let top = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Package.swift", "Makefile"]
        // Examples that are packages of their own may have been built.
        return (found + top).filter { !$0.contains("/.build/") && !$0.hasSuffix("/ProseTests.swift") }
    }()

    @Test("no comment, text or document has a phrase of translated English")
    func phrases() throws {
        try forEachLine { place, path, line in
            let text = Self.prose(of: line, in: path).lowercased()
            for (phrase, instead) in Self.phrases where Self.has(text, phrase) {
                Issue.record("\(place) says '\(phrase)'; write '\(instead)'")
            }
        }
    }

    /// What people read of a line: in tests, whose code holds names and data of all kinds, comments and names of tests.
    private static func prose(of line: Substring, in path: String) -> Substring {
        guard path.hasPrefix("Tests/"), path.hasSuffix(".swift"), !line.contains("@Test("), !line.contains("@Suite(")
        else { return line }
        return line.firstRange(of: "//").map { line[$0.upperBound...] } ?? ""
    }

    /// True if the phrase stands in the line as whole words.
    private static func has(_ line: String, _ phrase: String) -> Bool {
        line.ranges(of: phrase).contains { range in
            let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
            let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
            return !before.isLetter && !after.isLetter
        }
    }

    @Test("no comment or document has a line of more than 120 columns, apart from tables and links")
    func columns() throws {
        try forEachLine { place, path, line in
            guard line.count > Self.columnsMax, !Self.isExempt(line, in: path) else { return }
            Issue.record("\(place) has \(line.count) columns")
        }
    }

    private func forEachLine(_ body: (_ place: String, _ path: String, _ line: Substring) -> Void) throws {
        for path in Self.texts {
            let lines = try SourceTree.text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() { body("\(path):\(index + 1)", path, line) }
        }
    }

    private static func isExempt(_ line: Substring, in path: String) -> Bool {
        if line.contains("https://") || line.contains("http://") { return true }
        if path.hasSuffix(".md") { return ["|", "$ ", "USAGE: "].contains { line.hasPrefix($0) } }
        // Code is wrapped by `swift format`, as far as its strings can be.
        let text = line.drop { $0 == " " }
        return !text.hasPrefix("//") && !text.hasPrefix("# ")
    }
}
