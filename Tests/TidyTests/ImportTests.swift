import Testing

/// Who may import what: I/O and large libraries stay where they belong.
struct ImportTests {
    struct Rule: CustomTestStringConvertible, Sendable {
        /// A module, or the beginning of its name with a `*` behind it.
        let module: String
        let targets: Set<String>
        var testDescription: String { module }

        func matches(_ name: String) -> Bool {
            module.hasSuffix("*") ? name.hasPrefix(module.dropLast()) : name == module
        }
    }

    /// Targets that may use files, sockets and the system directly.
    private static let systemTargets: Set = [
        "Archive", "Interchange", "Transport", "FeedrecWebSocket", "RecorderStatus", "feedrec",
    ]

    static let rules = [
        Rule(module: "NIO*", targets: ["Transport", "FeedrecWebSocket", "FeedrecReplay", "feedrec", "FeedrecTestKit"]),
        Rule(module: "CSQLite", targets: ["Archive"]),
        Rule(module: "COpenSSL", targets: ["TLSEngine", "Signing", "Archive"]),
        Rule(module: "CZstd", targets: ["JournalFormat", "Interchange"]),
        Rule(module: "CZlib", targets: ["Interchange", "OrderBooks", "WebSocketProtocol"]),
        Rule(module: "ArgumentParser", targets: ["feedrec"]),
        Rule(module: "Logging", targets: ["feedrec"]),
        Rule(module: "Foundation*", targets: ["FeedrecTestKit", "RecorderStatus", "feedrec"]),
        Rule(module: "Dispatch", targets: ["Archive", "FeedrecTestKit", "RecorderStatus", "feedrec"]),
        Rule(module: "CCRC32C", targets: ["JournalFormat"]),
        Rule(module: "CJSONIndex", targets: ["JSONScanning"]),
        // The C library opens files and sockets; who may not do I/O does without it.
        Rule(module: "Glibc", targets: systemTargets),
        Rule(module: "Musl", targets: systemTargets),
        Rule(module: "Darwin", targets: systemTargets),
        Rule(module: "Recording", targets: ["RecorderStatus", "feedrec"]),
        Rule(module: "RecorderStatus", targets: ["feedrec"]),
        Rule(module: "ControlPage", targets: ["feedrec"]),
        Rule(module: "Replaying", targets: ["feedrec", "FeedrecReplay"]),
        Rule(module: "Venues", targets: ["Recording", "Replaying", "feedrec"]),
        Rule(
            module: "Archive",
            targets: ["BarInput", "Recording", "Replaying", "FeedrecReplay", "feedrec", "FeedrecTestKit"]
        ),
        Rule(
            module: "Transport",
            targets: ["FeedrecWebSocket", "Recording", "RecorderStatus", "Replaying", "feedrec", "FeedrecTestKit"]
        ),
    ]

    @Test("a module is imported only where the design wants it", arguments: rules)
    func rule(rule: Rule) throws {
        for (path, modules) in try Self.imports.get() {
            let target = SourceTree.target(of: path)
            for module in modules where rule.matches(module) && !rule.targets.contains(target) {
                Issue.record("\(path): the target \(target) must not import \(module)")
            }
        }
    }

    /// The imports of each file in `Sources`, read once for all rules, because the regular expression is slow.
    private static let imports = Result {
        try SourceTree.files(in: "Sources", suffix: ".swift").map { (path: $0, modules: try imports(of: $0)) }
    }

    private static func imports(of path: String) throws -> Set<String> {
        let pattern =
            /^\s*(?:@\w+ )?(?:package |internal |private |public )?import (?:(?:struct|class|enum|func|protocol) )?(\w+)/
        return Set(
            try SourceTree.codeLines(of: path).compactMap { $0.text.firstMatch(of: pattern).map { String($0.1) } }
        )
    }
}
