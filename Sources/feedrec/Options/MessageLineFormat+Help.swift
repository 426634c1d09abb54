import ArgumentParser
import Interchange
import MarketModel

extension MessageLineFormat: ExpressibleByArgument {
    /// Accepts the name of a format.
    public init?(argument: String) {
        guard let format = Self.all.first(where: { $0.name == argument }) else { return nil }
        self = format
    }

    /// The name, as help texts show a default.
    public var defaultValueDescription: String { name }

    /// The names of all formats.
    public static var allValueStrings: [String] { all.map(\.name) }
}

/// Parts of help texts that come from the formats.
extension MessageLineFormat {
    /// How a line of each format looks: `ns is …; cf is …`.
    static var summaries: String { all.map { "\($0.name) is \($0.summary)" }.joined(separator: "; ") }

    /// The formats whose lines have no times of receipt: `tsv, jsonl`.
    static var namesWithoutReceiveTimes: String {
        all.filter { $0.clock != .wall }.map(\.name).joined(separator: ", ")
    }

    /// The unit of each format with times: `ns for ns and tsv files, s for cf files`.
    static var standardUnits: String {
        let timed = all.filter { $0.clock != .none }
        var units: [UnixTimeUnit] = []
        for format in timed where !units.contains(format.unit) { units.append(format.unit) }
        return units.map { unit in
            let names = timed.filter { $0.unit == unit }.map(\.name).joined(separator: " and ")
            return "\(unit.rawValue) for \(names) files"
        }
        .joined(separator: ", ")
    }
}
