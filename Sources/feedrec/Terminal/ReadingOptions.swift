import ArgumentParser
import Foundation
import Interchange
import MarketModel
import Recording
import Venues

/// How the messages of a hub are read and what of them is kept.
struct ReadingOptions: ParsableArguments {
    @Option(
        help: """
            mt4: the zone of the broker's clocks: Europe/Athens, +02:00, or a zone and a distance, as \
            America/New_York+7h for New York close time. UTC by default.
            """
    )
    var brokerTimeZone: BrokerTimeZone?

    @Flag(help: "mt4: keep names, addresses and comments; passwords and tokens are never kept.")
    var keepPersonalData = false

    var reading: VenueReading {
        VenueReading(brokerTimeZone: brokerTimeZone?.rules, keepsPersonalData: keepPersonalData)
    }

    var isGiven: Bool { brokerTimeZone != nil || keepPersonalData }
}

/// A zone by its name, as a fixed offset, or as a distance from another zone.
struct BrokerTimeZone: ExpressibleByArgument {
    let rules: ZoneRules

    init?(argument: String) {
        guard let rules = Self.lookup(argument) else { return nil }
        self.rules = rules
    }

    /// The rules of the zone that was asked for as `text`.
    ///
    /// Names of the system come first, since some have a sign: `Etc/GMT+5`.
    static let lookup: ZoneLookup = { text in fixedOrNamed(text) ?? shifted(text) }

    private static func fixedOrNamed(_ text: String) -> ZoneRules? {
        ZoneRules(fixedOffset: text) ?? rules(named: text)
    }

    private static func shifted(_ text: String) -> ZoneRules? {
        guard let name = ShiftedZoneName(text), let base = fixedOrNamed(name.base) else { return nil }
        return ZoneRules(base, aheadBy: name.seconds, name: text)
    }

    /// The rules of the system for `name`; names do not lead out of the zone directory.
    private static func rules(named name: String) -> ZoneRules? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { return nil }
        let directory = ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo"
        guard let data = FileManager.default.contents(atPath: directory + "/" + name) else { return nil }
        return try? ZoneFile.rules(named: name, Array(data))
    }
}

extension MT4Hub: ExpressibleByArgument {}
