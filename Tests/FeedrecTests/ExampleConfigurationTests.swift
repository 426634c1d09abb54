import Foundation
import Testing

@testable import feedrec

/// `examples/feedrec.toml` is complete and correct.
struct ExampleConfigurationTests {
    private let text: String
    private let configuration: RecorderConfiguration

    init() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples/feedrec.toml").path
        text = try String(contentsOfFile: path, encoding: .utf8)
        configuration = try RecorderConfiguration(
            try ConfigurationDocument(contentsOf: path),
            flags: [:],
            environment: [:]
        )
    }

    /// Options without a common value; the example fills them in.
    private static let own: Set<String> = [
        "archive", "feed.name", "feed.venue", "feed.url", "feed.trade_platform", "feed.margin", "feed.streams",
    ]

    private func name(_ option: ResolvedOption) -> String {
        option.section.isEmpty ? option.key : "\(option.section).\(option.key)"
    }

    @Test("every option is there, with its default if it has one")
    func complete() {
        for option in configuration.options {
            let lines = text.split(separator: "\n").filter {
                $0.hasPrefix("\(option.key) = ") || $0.hasPrefix("# \(option.key) = ")
            }
            #expect(!lines.isEmpty, "the example does not show '\(name(option))'")
            if let standard = option.defaultValue, !Self.own.contains(name(option)) {
                #expect(lines.contains("\(option.key) = \(standard)"), "\(name(option)) has the default \(standard)")
            }
        }
    }

    @Test("the example shows the values in effect without it")
    func defaults() {
        #expect(configuration.settings == RecorderSettings())
        for option in configuration.options where !Self.own.contains(name(option)) {
            #expect(option.value == option.defaultValue, "\(name(option)) is not at its default")
        }
    }

    @Test("lines after a '#' are valid too")
    func commentedLines() throws {
        let live = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isOption = line.wholeMatch(of: /# [a-z_]+ = .*/) != nil
            return isOption ? String(line.dropFirst(2)) : String(line)
        }
        // Only one of the tokens is allowed. Streams, depth and mapping are for other venues, API keys for accounts.
        let first = live.first { $0.hasPrefix("token = ") }
        let text = live.filter { !$0.hasPrefix("token = ") || $0 == first }.joined(separator: "\n")
        let mistakes = ConfigurationTests.mistakes(text)
        #expect(mistakes.count == 4, "\(mistakes)")
        #expect(mistakes.contains { $0.contains("'api_key': an API key is only used") }, "\(mistakes)")
        for option in ["streams", "depth", "mapping"] {
            #expect(mistakes.contains { $0.contains("'\(option)' is for the venue") }, "\(mistakes)")
        }
    }

    @Test("the printed settings can be read as the same configuration, also as JSON")
    func effective() throws {
        let printed = EffectiveConfiguration(configuration: configuration)
        let again = try ConfigurationTests.read(printed.lines.joined(separator: "\n"))
        #expect(again.feeds == configuration.feeds && again.settings == configuration.settings)
        let json = try JSONSerialization.jsonObject(with: Data(printed.json.utf8)) as? [String: Any]
        #expect((json?["feeds"] as? [Any])?.count == 2)
    }
}
