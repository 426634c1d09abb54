import BarBuilding
import Venues

/// What to record as one feed, and how: a `[[feed]]` of a configuration, or the feed that flags describe.
struct FeedPlan: Hashable, Sendable {
    /// Unique among the feeds of a recorder; a reload matches feeds by name.
    var name: String
    var venue: Venue
    var url: String
    var token: TokenReference?
    /// Whether a connection is replaced when its token is renewed.
    var tokenRenewal = TokenRenewal.keep
    /// Headers sent with every request, by name.
    var headers: [String: SecretReference] = [:]
    var bars: [BarInterval] = BarIntervalsArgument.standard.intervals

    /// What is requested of the venue, and how its messages are read.
    var options = VenueOptionValues()
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

    init(name: String, venue: Venue, url: String) {
        self.name = name
        self.venue = venue
        self.url = url
    }
}

extension FeedPlan {
    /// What the options mean to the venue.
    func venuePlan() throws(VenueOptionError) -> VenuePlan {
        try venue.definition.plan(options, zones: BrokerTimeZone.lookup)
    }

    /// True if both feeds bring ticks of the same instrument; its bars would then be built twice.
    ///
    /// False if the options of one of them are wrong.
    func overlaps(_ other: FeedPlan) -> Bool {
        guard venue == other.venue, name != other.name, let plan = try? venuePlan(), let theirs = try? other.venuePlan()
        else { return false }
        return plan.ticks.overlaps(theirs.ticks)
    }
}
