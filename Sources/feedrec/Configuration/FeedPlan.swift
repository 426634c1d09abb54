import BarBuilding
import Venues

/// What to record as one feed, and how: a `[[feed]]` of a configuration, or the feed that flags describe.
struct FeedPlan: Hashable, Sendable {
    /// Unique among the feeds of a recorder; a reload matches feeds by name.
    var name: String
    var venue: Venue
    /// Where to connect; `nil` for the venue's public endpoint.
    var url: String?
    /// Which of the venue's plans for these options the feed carries; `nil` while they are not divided.
    var part: String?
    var token: TokenReference?
    /// Whether a connection is replaced when its token is renewed.
    var tokenRenewal = TokenRenewal.keep
    /// The API key of the account to record.
    var keys = KeyReferences()
    /// Headers sent with every request, by name.
    var headers: [String: SecretReference] = [:]
    var bars: [BarInterval] = BarIntervalsArgument.standard.intervals

    /// What is requested of the venue, and how its messages are read.
    var options = VenueOptionValues()
    var quotesFromBook = QuotesFromBook.auto
    var client = ClientSettings()
    var retryMax: Duration = .seconds(30)

    // The opening times of the markets, as texts of a ``TradingSchedule``.
    var sessions: [String] = []
    var holidays: [String] = []
    var symbolSessions: [String: [String]] = [:]
    var warmUp: Duration = .seconds(300)

    // When two connections run at the same time.
    var renewAfter = AutomaticDuration.automatic
    var redundancy = 1

    // When a silent connection counts as dead.
    var silence = AutomaticDuration.automatic
    var ackTimeout: Duration = .seconds(30)

    init(name: String, venue: Venue, url: String?) {
        self.name = name
        self.venue = venue
        self.url = url
    }
}

extension FeedPlan {
    /// What the options mean to the venue: of a part, only that part.
    func venuePlan() throws(VenueOptionError) -> VenuePlan {
        let plans = try venuePlans()
        if let plan = plans.first { return plan }
        return try venue.definition.plan(options, zones: BrokerTimeZone.lookup)
    }

    private func venuePlans() throws(VenueOptionError) -> [VenuePlan] {
        let plans = try venue.definition.plans(options, zones: BrokerTimeZone.lookup)
        return part.map { part in plans.filter { $0.part == part } } ?? plans
    }

    /// One feed for each connection that the options need, with the part's name behind the feed's own.
    ///
    /// The feed itself if one connection is enough, or if the options are wrong.
    var parts: [FeedPlan] {
        guard part == nil, let plans = try? venuePlans(), plans.count > 1 else { return [self] }
        return plans.map { plan in
            var feed = self
            feed.part = plan.part
            feed.name = "\(name)-\(plan.part)"
            return feed
        }
    }

    /// What is wrong with the references to an API key; `nil` if nothing is, or if the options are wrong.
    ///
    /// `name` returns what a user writes to give a part.
    func keyProblem(name: (AccountKeys.Part) -> String) -> (part: AccountKeys.Part?, text: String)? {
        guard let plans = try? venuePlans() else { return nil }
        return keys.problem(plans, of: venue, name: name)
    }

    /// Where the feed connects; `nil` if neither the user nor the venue gives a URL.
    func address(_ plan: VenuePlan) -> String? { url ?? plan.defaultURL ?? venue.definition.defaultURL }

    /// True if both feeds bring ticks of the same instrument; its bars would then be built twice.
    ///
    /// False if the options of one of them are wrong.
    func overlaps(_ other: FeedPlan) -> Bool {
        guard venue == other.venue, name != other.name, let plans = try? venuePlans(),
            let theirs = try? other.venuePlans()
        else { return false }
        return plans.contains { plan in theirs.contains { plan.ticks.overlaps($0.ticks) } }
    }
}
