import Archive
package import MarketModel
import SignalRProtocol
import Venues

/// Finds the rules of a zone by the name that it was asked for with; `nil` for one that is not known here.
package typealias ZoneLookup = @Sendable (String) -> ZoneRules?

/// How the messages of each feed of a recording were read when they came.
///
/// Recorders write it into the subscription of the feed, imports into the configuration of their session. What is made
/// of the messages later, by recovery or by `rebuild`, is the same only if it is read the same way.
struct FeedReadings {
    private let path: String
    private let options: [Int64: [String: String]]
    private let zones: ZoneLookup

    private static let zone = "broker_time_zone"
    private static let personalData = "keeps_personal_data"
    private static let hubProtocol = "hub_protocol"

    init(_ reader: ArchiveReader, _ zones: @escaping ZoneLookup) throws(ArchiveError) {
        path = reader.path
        options = try reader.feedOptions([Self.zone, Self.personalData, Self.hubProtocol])
        self.zones = zones
    }

    /// That of one feed.
    ///
    /// - Throws: `ArchiveError` where the zone is not known here: times would be wrong by hours without a word.
    subscript(feedID: Int64) -> VenueReading {
        get throws(ArchiveError) {
            var reading = VenueReading(keepsPersonalData: options[feedID]?[Self.personalData] == "1")
            reading.hubProtocol = options[feedID]?[Self.hubProtocol].flatMap(HubProtocol.init)
            guard let name = options[feedID]?[Self.zone] else { return reading }
            guard let rules = zones(name) else {
                throw ArchiveError(
                    code: .notFound,
                    path: path,
                    detail:
                        "cannot read the messages of feed \(feedID) in '\(path)': the time zone '\(name)' is not known",
                    hint: "install the zone (package tzdata), or set TZDIR"
                )
            }
            reading.brokerTimeZone = rules
            return reading
        }
    }
}
