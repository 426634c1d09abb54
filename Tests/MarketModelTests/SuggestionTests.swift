import MarketModel
import Testing

struct SuggestionTests {
    @Test(
        "the nearest name is found in any case, but only if it is near",
        arguments: [
            ("EURUSDX", "EURUSD"), ("eurusd", "EURUSD"), ("GBPSUD", "GBPUSD"), ("NOPE", nil), ("", nil),
            (String(repeating: "E", count: 100_000), nil),
        ] as [(String, String?)]
    )
    func nearest(name: String, expected: String?) {
        #expect(Suggestion.nearest(to: name, among: ["GBPUSD", "EURUSD", "EURUSD.m"]) == expected)
    }

    @Test("a long list is cut, and says how many names are missing")
    func list() {
        #expect(Suggestion.list(["A", "B"]) == "'A', 'B'")
        #expect(Suggestion.list((0..<25).map { "S\($0)" }, countMax: 2) == "'S0', 'S1' and 23 more")
        #expect(Suggestion.hint(for: "sped", among: ["speed", "to"]) == "; did you mean 'speed'?")
    }
}
