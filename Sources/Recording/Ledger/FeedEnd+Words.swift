import Archive
import Venues

extension FeedConfiguration {
    /// What the feed is called, in every session and file.
    var key: FeedKey { FeedKey(name: name, venue: venue.rawValue) }
}

extension FeedEnd.Reason {
    /// Why nothing was recorded since, for a person.
    var detail: String {
        switch self {
        case .stopped: "the recorder was stopped"
        case .killed: "the recorder was killed"
        case .removed: "the feed was removed from the configuration, or changed"
        }
    }
}
