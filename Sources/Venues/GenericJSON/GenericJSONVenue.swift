import JSONScanning
package import MarketModel

extension Venue {
    /// Any feed of JSON messages that a mapping in the configuration describes.
    package static let genericJSON = Venue(GenericJSONVenue())
}

/// Any feed of JSON messages over a WebSocket; the user's mapping says how it is read.
///
/// See `docs/venues/json.md`.
package struct GenericJSONVenue: VenueDefinition {
    package let name = "json"
    package let optionsTitle = "Options of any other JSON feed (--venue json)"
    package let isSimulated = false

    package init() {}

    /// The option that holds the mapping.
    package static let mapping = VenueOption(
        "mapping",
        .table,
        help: """
            How the feed's messages are read: a TOML file with a table [mapping], or a configuration file, with \
            FILE:NAME for the feed NAME in it; see docs/venues/json.md.
            """,
        valueName: "file"
    )

    package var rules: VenueRules { VenueRules() }

    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue json --mapping examples/json/bitstamp.toml \\
              --url wss://ws.bitstamp.net --symbol btcusd --archive ./tape
            """
        ]
        examples.importing = [
            """
            feedrec import messages bitstamp.txt --venue json \\
              --mapping examples/json/bitstamp.toml --archive ./tape
            """
        ]
        return examples
    }

    package func options(for use: VenueOption.Use) -> [VenueOption] {
        switch use {
        case .recording: [MarketOptions.symbols, Self.mapping]
        case .reading: [Self.mapping]
        case .simulating: []
        }
    }

    package func problems(ofTable json: String, _ option: VenueOption) -> [VenueOptionError.Problem] {
        do throws(MappingMistakes) {
            _ = try FeedMapping(json: json)
            return []
        } catch {
            return error.problems.map { .invalidPart(option, path: $0.path, reason: $0.reason) }
        }
    }

    /// The user's mapping.
    ///
    /// - Throws: `VenueOptionError` if it is missing or wrong.
    private func given(_ values: VenueOptionValues) throws(VenueOptionError) -> FeedMapping {
        guard let json = values.text(Self.mapping) else {
            throw VenueOptionError(venue: name, [.missing([Self.mapping])])
        }
        guard let mapping = try? FeedMapping(json: json) else {
            throw VenueOptionError(venue: name, problems(ofTable: json, Self.mapping))
        }
        return mapping
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        let mapping = try given(values)
        var known: Set<String> = []
        let symbols = values.texts(MarketOptions.symbols).filter { known.insert($0).inserted }
        if symbols.isEmpty, (mapping.subscribe + mapping.repair).contains(where: \.needsSymbols) {
            throw VenueOptionError(venue: name, [.missing([MarketOptions.symbols])])
        }
        let wanted = symbols
        let stored = wanted.map(mapping.stored)
        var plan = VenuePlan(subscription: Self.subscription(stored, mapping)) { _ in
            GenericJSONDialect(mapping, wanted: wanted)
        }
        plan.reading.mapping = mapping
        plan.ticks = .some(Set(stored).union(mapping.constantSymbols.map(mapping.stored)))
        plan.quotes = mapping.messages.contains { $0.kind == .quote } ? .all : .none
        plan.books = mapping.messages.contains { $0.kind == .book } ? .all : .none
        plan.namedSymbols = stored
        return plan
    }

    /// What the recording stores: the symbols of the rows, and the mapping.
    private static func subscription(_ symbols: [String], _ mapping: FeedMapping) -> String {
        #"{"symbols":\#(JSONText.list(symbols)),"mapping":\#(mapping.json)}"#
    }

    package func reading(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenueReading {
        var reading = VenueReading()
        reading.mapping = try given(values)
        return reading
    }

    /// Without a mapping, the reader recognises nothing.
    package func makeReader(_ reading: VenueReading) -> any VenueDialect {
        GenericJSONDialect(reading.mapping ?? .empty)
    }

    /// Without a mapping, the filter keeps nothing.
    package func makeFilter(_ reading: VenueReading, symbols: Set<String>) -> (any MessageFilter)? {
        GenericJSONFilter(reading.mapping ?? .empty, symbols: symbols)
    }

    // MARK: Serving clients

    package let examplePaths: [String] = []
    package let queryParameters: [String] = []

    package func makeServer() -> any VenueServer { GenericJSONServer(paths: []) }

    package func makeRecordedReader() -> (any RecordedVenueReader)? { GenericJSONRecordedReader() }

    /// Always throws: a mapping says how messages are read, not which ones a venue sends.
    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        throw VenueOptionError(venue: name, [.notSimulated])
    }
}
