import Testing

/// Code knows a venue by its definition, not by its name.
struct VenueNamesTests {
    /// The folders of the venues.
    private static let exempt = ["Sources/Venues/", "Sources/SignalRProtocol/"]

    /// Other names of what a folder is about, in lower case.
    private static let spellings = ["mt4": ["mt5", "metatrader", "cplugin"]]

    /// The folders of `Sources/Venues` that define a venue, in lower case, and the other names of those venues.
    private static func names() throws -> Set<String> {
        var names: Set<String> = []
        for path in SourceTree.files(in: "Sources/Venues", suffix: ".swift") {
            let folders = path.split(separator: "/").dropFirst(2).dropLast()
            guard let folder = folders.first, try SourceTree.text(of: path).contains("extension Venue {") else {
                continue
            }
            let name = folder.lowercased()
            names.formUnion([name] + (spellings[name] ?? []))
        }
        return names
    }

    @Test("no code outside the folders of the venues names a venue")
    func namesInCode() throws {
        let names = try Self.names()
        #expect(names.isSuperset(of: ["binance", "bybit", "kraken", "metatrader", "mt4", "okx"]))
        for path in SourceTree.files(in: "Sources", suffix: ".swift") where !Self.exempt.contains(where: path.hasPrefix)
        {
            for (number, line) in try SourceTree.codeLines(of: path) {
                let text = line.lowercased()
                let name = names.first { text.contains($0) }
                #expect(name == nil, "\(path):\(number) names a venue: \(line)")
            }
        }
    }
}
