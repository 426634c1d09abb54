import Foundation
import Testing

/// `docs/ADDING-A-VENUE.md` shows the code of Acme.
struct GuideTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let guide = tests.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/ADDING-A-VENUE.md")

    @Test("the guide contains every file of the example, and no other Swift code")
    func code() throws {
        let folder = Self.tests.appendingPathComponent("Acme")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let code = try files.map { try String(contentsOf: $0, encoding: .utf8) }
        let blocks = try String(contentsOf: Self.guide, encoding: .utf8).split(separator: "```swift\n").dropFirst()
            .map { String($0.prefix(upTo: $0.firstRange(of: "```\n")?.lowerBound ?? $0.endIndex)) }
        #expect(Set(blocks) == Set(code))
    }
}
