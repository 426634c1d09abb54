import Archive
import Venues

extension FeedConfiguration {
    /// The feed's identity in every session and file.
    var key: FeedKey { FeedKey(name: name, venue: venue.name) }
}

extension FeedEnd.Reason {
    /// Why nothing was recorded since, in words for the user.
    var detail: String {
        switch self {
        case .stopped: "the recorder was stopped"
        case .killed: "the recorder was killed"
        case .removed: "the feed was removed from the configuration, or changed"
        }
    }
}
