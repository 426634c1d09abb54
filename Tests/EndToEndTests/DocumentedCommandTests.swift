import Foundation
import Testing

/// The commands, options and configurations that the documents show are ones that the program takes.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct DocumentedCommandTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL
    private static let verbs = [
        "record", "status", "replay", "sql", "info", "book", "verify", "rebuild", "compact", "prune", "import messages",
        "export messages", "simulate", "probe", "bench ingest", "bench wire", "bench journal",
        "bench normalise", "bench replay", "bench book",
    ]

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("every option and every command in the documents exists")
    func options() async throws {
        var flags: [String: Set<String>] = [:]
        for verb in Self.verbs {
            let help = try await bench.succeed(verb.split(separator: " ").map(String.init) + ["--help"]).output
            flags[verb] = Set(help.matches(of: /--[a-z0-9][a-z0-9-]*/).map { String($0.0) })
        }
        let known = flags.values.reduce(into: Set(["--generate-completion-script"])) { $0.formUnion($1) }
        for (path, text) in try Self.documents() {
            for match in text.matches(of: /`(--[a-z0-9][a-z0-9-]*)[^`]*`/) {
                #expect(known.contains(String(match.1)), "\(path): \(match.0)")
            }
            for command in Self.commands(in: text) {
                let verb = Self.verbs.first { command.hasPrefix("feedrec \($0) ") || command == "feedrec \($0)" }
                guard let verb, let ownFlags = flags[verb] else {
                    Issue.record("\(path): no verb in '\(command)'")
                    continue
                }
                for flag in command.matches(of: /\s(--[a-z0-9][a-z0-9-]*)/).map({ String($0.1) }) {
                    #expect(ownFlags.contains(flag), "\(path): \(command)")
                }
            }
        }
    }

    @Test("every whole configuration in the documents is valid")
    func configurations() async throws {
        let texts = try Self.documents().flatMap { path, text in
            text.matches(of: /```toml\n(archive = (?:.|\n)*?)```/).map { (path, String($0.1)) }
        }
        #expect(!texts.isEmpty)
        for (path, text) in texts {
            let file = try bench.write(text, to: "feedrec.toml")
            let finished = try await bench.run(
                ["record", "--config", file, "--check"],
                environment: ["MT4_TOKEN": "not-a-real-token"]
            )
            #expect(finished.status == 0, "\(path): \(finished.errors)")
        }
    }

    // MARK: Documents

    /// The paths and texts of the README and of all manuals.
    private static func documents() throws -> [(path: String, text: String)] {
        let manuals = FileManager.default.enumerator(atPath: root.path + "/docs")?.compactMap { $0 as? String } ?? []
        let paths = ["README.md"] + manuals.filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }.sorted()
        return try paths.map { ($0, try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8)) }
    }

    /// The calls of feedrec in `console` blocks, each up to what the shell does with it.
    private static func commands(in text: String) -> [String] {
        text.matches(of: /```console\n((?:.|\n)*?)```/).flatMap { block in
            block.1.replacing(/\\\n\s*/, with: "").split(separator: "\n").compactMap { line in
                line.firstMatch(of: /^[$#] (?:[A-Z_]+=\S+ )?(feedrec [^"'|>&;]*)/)
                    .map { String($0.1).trimmingCharacters(in: .whitespaces) }
            }
        }
    }
}
