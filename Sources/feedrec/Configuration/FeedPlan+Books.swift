import JSONScanning
import Venues

/// Whether the order books of a feed give quotes.
enum QuotesFromBook: String, Hashable, Sendable, CaseIterable {
    /// Only books of symbols whose quotes the feed does not request.
    case auto
    case always, never
}

extension FeedPlan {
    /// The symbols whose books give quotes, among those that `plan` requests.
    func symbolsWithDerivedQuotes(_ plan: VenuePlan) throws(VenueOptionError) -> SymbolSelection {
        switch quotesFromBook {
        case .never: return .none
        case .always: return plan.books == .none ? .none : .all
        case .auto:
            // Quotes may come over another connection than the books.
            let plans = try venue.definition.plans(options, zones: BrokerTimeZone.lookup)
            return plan.books.subtracting(plans.reduce(.none) { $0.union($1.quotes) })
        }
    }
}

extension VenuePlan {
    /// What is requested, with the books that give quotes, so that `rebuild` and recovery make the same quotes.
    func subscription(quotesFromBook: SymbolSelection) -> String {
        guard let json = quotesFromBook.json else { return subscription }
        let member = "\(JSONText.quoted(VenueReading.quotesFromBookName)):\(json)}"
        return subscription.dropLast() + (subscription == "{}" ? "" : ",") + member
    }
}
