import Testing

/// Code knows a venue by its definition, not by its name.
struct VenueNamesTests {
    /// The folders of the venues.
    private static let exempt = ["Sources/Venues/", "Sources/SignalRProtocol/"]

    @Test("no code outside the folders of the venues names a venue")
    func names() throws {
        for path in SourceTree.files(in: "Sources", suffix: ".swift") where !Self.exempt.contains(where: path.hasPrefix)
        {
            for (number, line) in try SourceTree.codeLines(of: path) {
                let name = line.lowercased().firstMatch(of: /mt4|mt5|metatrader|cplugin|binance/)?.output
                #expect(name == nil, "\(path):\(number) names a venue: \(line)")
            }
        }
    }
}
