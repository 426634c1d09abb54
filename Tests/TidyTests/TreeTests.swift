import Testing

/// What belongs together in the tree must be there together.
struct TreeTests {
    @Test("every migration is embedded and listed, in order, without a gap")
    func migrations() throws {
        let files = SourceTree.files(in: "Migrations", suffix: ".sql")
        let list = try SourceTree.text(of: "Migrations/Migrations.swift")
        let manifest = try SourceTree.text(of: "Package.swift")
        #expect(!files.isEmpty)
        var position = list.startIndex
        for (index, path) in files.enumerated() {
            let name = String(path.dropFirst("Migrations/".count))
            let number = String(index + 1)
            #expect(
                name.hasPrefix("v" + String(repeating: "0", count: max(0, 4 - number.count)) + number + "_"),
                "\(name) is not number \(number)"
            )
            #expect(manifest.contains(#".embedInCode("\#(name)")"#), "Package.swift does not embed \(name)")
            let identifier = name.replacing(".", with: "_")
            let place = list[position...].firstRange(of: identifier)
            #expect(place != nil, "Migrations.swift does not list \(name) in its place")
            position = place?.upperBound ?? position
        }
    }

    @Test(
        "every verb that the README names is a subcommand, and the README names every one",
        .enabled(if: SourceTree.exists("README.md"), "there is no README.md yet")
    )
    func verbs() throws {
        let readme = try SourceTree.text(of: "README.md")
        let commands = SourceTree.files(in: "Sources/feedrec", suffix: "Command.swift")
        let verbs = try Set(
            commands.flatMap { path in
                try SourceTree.text(of: path).matches(of: /commandName: "([a-z]+)"/).map { String($0.1) }
            }
        )
        for match in readme.matches(of: /\bfeedrec ([a-z]+)\b/) where Self.isCommandLine(match.0, in: readme) {
            #expect(verbs.contains(String(match.1)), "the README names 'feedrec \(match.1)', which is no verb")
        }
        for verb in verbs { #expect(readme.contains(verb), "the README does not name '\(verb)'") }
    }

    /// True where the words stand in code, not in a sentence.
    private static func isCommandLine(_ words: Substring, in text: String) -> Bool {
        let before = text[..<words.startIndex].last
        return before == "`" || before == "$" || before == "/"
            || text[..<words.startIndex].hasSuffix("$ ")
    }

    @Test(
        "a format is a file and a line in its list, in both directions",
        arguments: [
            ("Sources/feedrec/Formats/AllResultFormats.swift", "ResultFormat"),
            ("Sources/Interchange/Export/AllExportFormats.swift", "MessageExportFormat"),
            ("Sources/Interchange/Lines/AllLineFormats.swift", "MessageLineFormat"),
        ]
    )
    func formats(list: String, type: String) throws {
        let folder = String(list[..<(list.lastIndex(of: "/") ?? list.endIndex)])
        let listed = try SourceTree.text(of: list).matches(of: /\n    \.([a-z0-9]+)/).map { String($0.1) }
        let definition = try Regex(
            #"static let ([a-z0-9]+) = \#(type)\(\s*"([a-z0-9]+)""#,
            as: (Substring, Substring, Substring).self
        )
        var defined: [String] = []
        for path in SourceTree.files(in: folder, suffix: ".swift") {
            let found = try SourceTree.text(of: path).matches(of: definition)
            #expect(found.count <= 1, "\(path) has several formats")
            for match in found {
                #expect(match.1 == match.2, "\(path) names one format in two ways")
                defined.append(String(match.1))
            }
        }
        #expect(!listed.isEmpty && Set(listed) == Set(defined), "\(list) does not match the files beside it")
    }

    @Test("no Swift file is longer than 500 lines")
    func length() throws {
        for folder in ["Sources", "Tests", "Migrations"] {
            for path in SourceTree.files(in: folder, suffix: ".swift") {
                let lines =
                    try SourceTree.text(of: path).split(separator: "\n", omittingEmptySubsequences: false).count - 1
                #expect(lines <= 500, "\(path) has \(lines) lines")
            }
        }
    }

    @Test("every target has tests, in a folder of its name")
    func tested() {
        let targets = Set(SourceTree.files(in: "Sources", suffix: ".swift").map(SourceTree.target))
        for target in targets.subtracting(["feedrec", "FeedrecTestKit"]) {
            #expect(SourceTree.exists("Tests/\(target)Tests"), "\(target) has no tests")
        }
    }
}
