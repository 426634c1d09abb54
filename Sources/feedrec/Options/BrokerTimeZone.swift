import ArgumentParser
import Foundation
import MarketModel

/// A time zone: by name, as a fixed offset, or as an offset from another zone.
struct BrokerTimeZone: ExpressibleByArgument {
    let rules: ZoneRules

    init?(argument: String) {
        guard let rules = Self.lookup(argument) else { return nil }
        self.rules = rules
    }

    /// Returns the rules of the zone named `text`.
    ///
    /// Names in the system's zone database come first, because some contain a sign: `Etc/GMT+5`.
    static let lookup: ZoneLookup = { text in fixedOrNamed(text) ?? shifted(text) }

    private static func fixedOrNamed(_ text: String) -> ZoneRules? {
        ZoneRules(fixedOffset: text) ?? rules(named: text)
    }

    private static func shifted(_ text: String) -> ZoneRules? {
        guard let name = ShiftedZoneName(text), let base = fixedOrNamed(name.base) else { return nil }
        return ZoneRules(base, aheadBy: name.seconds, name: text)
    }

    /// Reads the system's rules for `name`.
    ///
    /// A name cannot lead out of the zone directory.
    private static func rules(named name: String) -> ZoneRules? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { return nil }
        let directory = ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo"
        guard let data = FileManager.default.contents(atPath: directory + "/" + name) else { return nil }
        return try? ZoneFile.rules(named: name, Array(data))
    }
}
