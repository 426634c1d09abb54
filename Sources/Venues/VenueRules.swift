/// What a recorder must know about a venue to notice missing data, and to run two connections at a time.
package struct VenueRules: Sendable, Hashable {
    /// The minimum number of price digits.
    ///
    /// JSON numbers lose trailing zeros, so venues that send them need a minimum.
    package var priceDigitsMin: UInt8 = 0
    /// True if the venue numbers the trades of a symbol without gaps, so that a missing number is missing data.
    package var numbersTrades = false
    /// True if the venue may report the same executions individually and as aggregates.
    package var reportsAggregates = false
    /// The time limit for the venue to acknowledge the subscriptions; `nil` if it acknowledges nothing.
    package var acknowledgementTimeout: Duration?
    /// True if the configuration may give sessions to single symbols, because a feed names them as the rows do.
    package var takesSymbolSessions = false
    /// Whether ticks of two connections can be told apart.
    package var merging = Merging.impossible(reason: "its ticks carry no numbers to tell them apart")

    /// Whether two connections of a feed may run at the same time.
    package enum Merging: Sendable, Hashable {
        /// The venue numbers its ticks, so a tick that arrives twice is stored once.
        ///
        /// A connection is replaced at the age `renewalAge`, before the venue closes it; `nil` if the venue does not
        /// close old connections.
        case possible(renewalAge: Duration?)
        /// A second connection would store every tick twice; `reason` is a clause about the venue, for users.
        case impossible(reason: String)
    }

    package init() {}
}
