import Foundation
import Testing

/// Each case of the field, and each kind of fault, has tests that bear its name.
struct FieldCaseTests {
    private static let names: [String] = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let paths = FileManager.default.enumerator(atPath: tests.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.flatMap { path in
            let text = (try? String(contentsOf: tests.appendingPathComponent(path), encoding: .utf8)) ?? ""
            return text.split(separator: "\"").map(String.init)
        }
    }()

    @Test("each of the 45 cases has a test", arguments: [("A", 9), ("B", 15), ("C", 8), ("D", 6), ("E", 7)])
    func cases(letter: String, count: Int) {
        for number in 1...count {
            #expect(Self.names.contains { $0.hasPrefix("\(letter)\(number) ") }, "\(letter)\(number)")
        }
    }

    @Test("each of the 14 kinds has two tests beside its cases")
    func kinds() {
        for kind in 1...14 { #expect(Self.names.count { $0.hasPrefix("kind \(kind) ") } >= 2, "kind \(kind)") }
    }
}
