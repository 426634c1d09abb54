package import MarketModel

/// Everything that feedrec needs to know about one venue.
///
/// Each venue has a folder in `Sources/Venues` with one value of this type, which is listed in `AllVenues.swift`. No
/// other code names a venue. Members with a default are written only if the default does not fit.
/// `docs/ADDING-A-VENUE.md` walks through an example.
package protocol VenueDefinition: Sendable {
    // MARK: Names

    /// The name on command lines, in configurations and in recordings: lower case, with dashes.
    ///
    /// It is stored in every recording and must never change.
    var name: String { get }
    /// Other names that people may write on a command line and in a configuration. None by default.
    var aliases: [String] { get }

    /// Commands for help texts. None by default.
    var examples: VenueExamples { get }

    /// True if messages of the venue are only imported and read; false by default. See ``ReadingOnlyVenue``.
    var isReadingOnly: Bool { get }

    /// True if ``simulation(_:_:)`` makes a simulation; by default, true unless the venue is only read.
    var isSimulated: Bool { get }

    // MARK: What a user can ask for

    /// The options for one use, in the order of `--help`.
    ///
    /// Two venues may have an option of the same name if its kind is the same.
    func options(for use: VenueOption.Use) -> [VenueOption]

    /// The mistakes in the value of an option of the kind ``VenueOption/Kind/table``, which is JSON. By default, there
    /// are none.
    func problems(ofTable json: String, _ option: VenueOption) -> [VenueOptionError.Problem]

    /// The title of the options in `record --help`.
    var optionsTitle: String { get }

    /// Turns the options for recording into what is to be recorded.
    ///
    /// `zones` finds the time zones that values name. Values of other venues' options are ignored.
    func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan

    /// Turns the options for recording into one plan for each connection that they need.
    ///
    /// A venue with limits for a connection, or with several endpoints, divides the subscriptions here. By default,
    /// there is one plan, that of ``plan(_:zones:)``. At least one plan is returned.
    func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan]

    /// The public endpoint, for feeds without a URL; `nil` (the default) if users must give one.
    var defaultURL: String? { get }

    /// The symbols in an answer to one of ``VenuePlan/instrumentRequests``, as a user writes them; `nil` (the default)
    /// if `body` is no such answer.
    func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]?

    /// Turns the options for reading into settings. By default, there are no such options.
    func reading(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenueReading

    // MARK: Reading messages

    /// When data counts as missing, and what the venue's numbers mean.
    var rules: VenueRules { get }

    /// Makes a dialect that reads recorded messages and sends nothing.
    func makeReader(_ reading: VenueReading) -> any VenueDialect

    /// The trading sessions in the stored details of an instrument, in the venue's own local time; `nil` (the default)
    /// if it has none.
    func sessions(inDetails json: String) -> [TradingSchedule.Session]?

    // MARK: Secrets

    /// Makes the venue's own rule for the messages of one connection; `nil` (the default) if it needs none.
    ///
    /// The rule finds secrets that feedrec does not know, such as those in an import. Known secrets are removed from
    /// the messages of every venue; see ``ConnectionRedactor``.
    func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)?

    /// Removes secrets from a text of the venue, such as a close reason, if a word in the text announces them.
    ///
    /// By default, the text stays as it is. Known secrets have already been removed.
    func withoutAnnouncedSecrets(_ text: String) -> String

    /// True if the path or the query of a user's URL contains a secret, such as the name of an account's stream. False
    /// by default.
    func hasSecret(inTarget target: String) -> Bool

    // MARK: Serving clients

    /// Makes the venue's server side, as its clients know it.
    func makeServer() -> any VenueServer

    /// Makes a reader that learns from recordings how the server must answer; `nil` (the default) if ``makeServer()``
    /// serves every tape.
    func makeRecordedReader() -> (any RecordedVenueReader)?

    /// Makes a filter for a tape of which clients may see only `symbols`, for the messages of one connection; `nil`
    /// (the default) if the venue's sessions do it, see ``VenueSession/restrict(toSymbols:)``.
    func makeFilter(_ reading: VenueReading, symbols: Set<String>) -> (any MessageFilter)?

    /// Makes a simulation of the venue from the options for simulating.
    func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation

    /// Paths for people to try against a replay.
    var examplePaths: [String] { get }

    /// The query parameters that the venue's own clients send, apart from a token.
    var queryParameters: [String] { get }

    /// True if `name` is one of ``queryParameters``. By default, upper and lower case differ.
    func takesParameter(_ name: String) -> Bool

    /// The reason why a client that opens `target` cannot be served; `nil` (the default) if it can.
    ///
    /// `target` is the path and the query as sent. Without an `offer`, only targets that the venue itself would refuse
    /// are refused.
    func refusal(ofTarget target: String, offer: VenueOffer?) -> String?

    // MARK: What a tape offers

    /// Makes a reader that collects what a tape has for the venue's clients.
    ///
    /// `symbols` are those with ticks on the tape. By default, the tape has these symbols, and those that the stored
    /// subscriptions list under `symbols`.
    func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader

    /// Returns a symbol as the venue's messages write it. By default, the text stays as it is.
    func symbol(_ text: String) -> String

    /// Returns the symbol that a stream of ``VenueOffer/streams`` belongs to; `nil` (the default) if it has none.
    func symbol(ofStream stream: String) -> String?
}

extension VenueDefinition {
    package var aliases: [String] { [] }
    package var examples: VenueExamples { VenueExamples() }
    package var isReadingOnly: Bool { false }
    package var isSimulated: Bool { !isReadingOnly }
    package func problems(ofTable json: String, _ option: VenueOption) -> [VenueOptionError.Problem] { [] }
    package func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        [try plan(values, zones: zones)]
    }
    package var defaultURL: String? { nil }
    package func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? { nil }
    package var optionsTitle: String { "Options of \(name) (--venue \(name))" }
    package func reading(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenueReading {
        VenueReading()
    }
    package func sessions(inDetails json: String) -> [TradingSchedule.Session]? { nil }
    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { nil }
    package func withoutAnnouncedSecrets(_ text: String) -> String { text }
    package func hasSecret(inTarget target: String) -> Bool { false }
    package func takesParameter(_ name: String) -> Bool { queryParameters.contains(name) }
    package func makeRecordedReader() -> (any RecordedVenueReader)? { nil }
    package func makeFilter(_ reading: VenueReading, symbols: Set<String>) -> (any MessageFilter)? { nil }
    package func refusal(ofTarget target: String, offer: VenueOffer?) -> String? { nil }
    package func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader { SymbolOfferReader(symbols: symbols) }
    package func symbol(_ text: String) -> String { text }
    package func symbol(ofStream stream: String) -> String? { nil }
}
