import Archive
import MarketModel
import SignalRProtocol
import Venues

/// How the messages of each feed of a recording were read when they arrived.
///
/// Recorders store it in the feed's subscription, imports in the configuration of their session. Recovery and `rebuild`
/// must read the messages in the same way to get the same rows.
struct FeedReadings {
    private let path: String
    private let options: [Int64: [String: String]]
    private let zones: ZoneLookup

    private static let zone = "broker_time_zone"
    private static let personalData = "keeps_personal_data"
    private static let hubProtocol = "hub_protocol"
    private static let mapping = "mapping"
    private static let quotesFromBook = VenueReading.quotesFromBookName

    init(_ reader: ArchiveReader, _ zones: @escaping ZoneLookup) throws(ArchiveError) {
        path = reader.path
        options = try reader.feedOptions(
            [Self.zone, Self.personalData, Self.hubProtocol, Self.mapping, Self.quotesFromBook]
        )
        self.zones = zones
    }

    /// The reading of one feed.
    ///
    /// - Throws: `ArchiveError` if the time zone is not installed: without this error, times would be silently wrong by
    ///   hours. Also throws if the mapping has mistakes: without it, all rows would be lost.
    subscript(feedID: Int64) -> VenueReading {
        get throws(ArchiveError) {
            var reading = try withoutMapping(feedID)
            guard let json = options[feedID]?[Self.mapping] else { return reading }
            do throws(MappingMistakes) {
                reading.mapping = try FeedMapping(json: json)
            } catch {
                throw .wrongMapping(ofFeed: feedID, in: path, "\(error)")
            }
            return reading
        }
    }

    /// The reading of one feed for messages that must be stored in any case.
    ///
    /// If the mapping has mistakes, it is left out: the messages are stored without rows.
    ///
    /// - Throws: `ArchiveError` if the time zone is not installed.
    func toStore(_ feedID: Int64) throws(ArchiveError) -> VenueReading {
        var reading = try withoutMapping(feedID)
        reading.mapping = options[feedID]?[Self.mapping].flatMap { try? FeedMapping(json: $0) }
        return reading
    }

    private func withoutMapping(_ feedID: Int64) throws(ArchiveError) -> VenueReading {
        var reading = VenueReading(keepsPersonalData: options[feedID]?[Self.personalData] == "1")
        reading.hubProtocol = options[feedID]?[Self.hubProtocol].flatMap(HubProtocol.init)
        reading.quotesFromBook = SymbolSelection(storedJSON: options[feedID]?[Self.quotesFromBook])
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
