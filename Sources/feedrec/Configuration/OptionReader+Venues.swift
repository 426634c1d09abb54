import JSONScanning
import Venues

extension OptionReader {
    /// Reads an option of a venue.
    mutating func read(_ option: VenueOption, into values: inout VenueOptionValues) {
        switch option.kind {
        case .text(let standard?): values.set(option, [value(option.key, .text, default: standard)])
        case .text: values.set(option, optional(option.key, .text).map { [$0] } ?? [])
        case .zone: values.set(option, optional(option.key, .zone).map { [$0] } ?? [])
        case .table: values.set(option, optional(option.key, .table).map { [$0] } ?? [])
        case .flag: values.set(option, value(option.key, .boolean, default: false) ? ["true"] : [])
        case .list: values.set(option, value(option.key, .texts, default: []))
        case .choice(let names, let standard):
            values.set(option, [value(option.key, .choice(of: names), default: standard)])
        case .choices(let names): values.set(option, value(option.key, .choices(of: names), default: []))
        }
    }
}

extension OptionType where Value == String {
    /// One of some names.
    static func choice(of names: [String]) -> OptionType {
        let expectation = names.map { JSONText.quoted($0) }.joined(separator: " or ")
        return OptionType(expectation, parse: { names.contains($0) ? $0 : nil }, write: { $0 })
    }
}

extension OptionType where Value == [String] {
    /// A list of some names.
    static func choices(of names: [String]) -> OptionType {
        var type = OptionType.texts
        let (read, parse) = (type.read, type.parse)
        let check: @Sendable ([String]) -> [String]? = { $0.allSatisfy(names.contains) ? $0 : nil }
        type.expectation = "a list of " + names.map { JSONText.quoted($0) }.joined(separator: ", ")
        type.read = { read($0).flatMap(check) }
        type.parse = { parse($0).flatMap(check) }
        return type
    }
}
