import ArgumentParser
import Synchronization
import Venues

/// The flags of one section, which are decoded into the values of venue options.
struct VenueFlagGroup<Use: VenueFlagUse, Position: VenueFlagPosition>: ParsableArguments, CustomReflectable {
    private(set) var values = VenueOptionValues()
    /// The names of the options on the command line, including those with their default.
    private(set) var written: Set<String> = []

    private static var options: [VenueOption] { VenueFlagSection.all(for: Use.use)[Position.index].options }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: OptionKey.self)
        for option in Self.options {
            let key = OptionKey(stringValue: option.key)
            switch option.kind {
            case .text, .choice, .zone, .table:
                let text = try container.decode(Option<String?>.self, forKey: key).wrappedValue
                set(option, text.map { [$0] } ?? [])
            case .list, .choices:
                set(option, try container.decode(Option<[String]>.self, forKey: key).wrappedValue)
            case .flag:
                let isSet = try container.decode(Flag<Bool>.self, forKey: key).wrappedValue
                set(option, isSet ? ["true"] : [])
            }
        }
    }

    private mutating func set(_ option: VenueOption, _ texts: [String]) {
        values.set(option, texts)
        if !texts.isEmpty { written.insert(option.name) }
    }

    var customMirror: Mirror {
        Mirror(self, children: Self.options.map { (label: $0.key, value: $0.argument) })
    }
}

/// Options that appear under one title in `--help`.
struct VenueFlagSection: Sendable {
    let title: String
    var options: [VenueOption]

    private static let made = Mutex<[VenueOption.Use: (venues: [Venue], sections: [VenueFlagSection])]>([:])

    /// The sections for one use: one for each venue, and the first for options that several venues have.
    ///
    /// The parser asks hundreds of times, so they are made once for each list of venues.
    static func all(for use: VenueOption.Use) -> [VenueFlagSection] {
        let venues = Venue.all
        return made.withLock { made in
            if let known = made[use], known.venues == venues { return known.sections }
            let sections = sections(of: venues.map(\.definition), for: use)
            made[use] = (venues, sections)
            return sections
        }
    }

    private static func sections(
        of venues: [any VenueDefinition],
        for use: VenueOption.Use
    ) -> [VenueFlagSection] {
        func count(_ option: VenueOption) -> Int {
            venues.count { $0.options(for: use).contains { $0.name == option.name } }
        }
        var shared = VenueFlagSection(title: "Feed", options: [])
        shared.options = Venue.options(for: use).filter { count($0) > 1 }
        let own = venues.map { venue in
            VenueFlagSection(title: venue.optionsTitle, options: venue.options(for: use).filter { count($0) == 1 })
        }
        return ([shared] + own).filter { !$0.options.isEmpty }
    }
}

extension Venue {
    /// The options of all venues for one use, each name once.
    static func options(for use: VenueOption.Use) -> [VenueOption] {
        var names: Set<String> = []
        return all.flatMap { $0.definition.options(for: use) }.filter { names.insert($0.name).inserted }
    }

    /// The venues that have an option of this name for one use.
    static func owners(of option: VenueOption, for use: VenueOption.Use) -> [Venue] {
        all.filter { $0.has(option, for: use) }
    }

    /// True if the venue has an option of this name for one use.
    func has(_ option: VenueOption, for use: VenueOption.Use) -> Bool {
        definition.options(for: use).contains { $0.name == option.name }
    }
}

extension VenueOption {
    /// The flag as the parser describes it.
    fileprivate var argument: Any {
        let name = NameSpecification.customLong(name)
        switch kind {
        case .text, .zone: return Option<String?>(name: name, help: argumentHelp, transform: checked)
        case .table:
            return Option<String?>(name: name, help: argumentHelp, completion: .file(), transform: checked)
        case .choice(let names, _):
            return Option<String?>(name: name, help: argumentHelp, completion: .list(names), transform: checked)
        case .list: return Option<[String]>(wrappedValue: [], name: name, help: argumentHelp, transform: checked)
        case .choices(let names):
            return Option<[String]>(
                wrappedValue: [],
                name: name,
                help: argumentHelp,
                completion: .list(names),
                transform: checked
            )
        case .flag: return Flag<Bool>(wrappedValue: false, name: name, help: argumentHelp)
        }
    }

    private var argumentHelp: ArgumentHelp { ArgumentHelp(helpWithValues, valueName: valueName) }

    /// The help text with the values and the default, as the parser adds them to its own options.
    private var helpWithValues: String {
        switch kind {
        case .text(let standard?): "\(help) (default: \(standard))"
        case .choice(let names, let standard):
            "\(help) (values: \(names.joined(separator: ", ")); default: \(standard))"
        case .choices(let names): "\(help) (values: \(names.joined(separator: ", ")))"
        case .text, .list, .flag, .zone, .table: help
        }
    }

    /// Refuses a text that cannot be a value of the option.
    private func checked(_ text: String) throws -> String {
        switch kind {
        case .choice(let names, _), .choices(let names):
            guard !names.contains(text) else { return text }
            let last = names.last.map { " or '\($0)'" } ?? ""
            let list = names.dropLast().map { "'\($0)'" }.joined(separator: ", ") + last
            throw ValidationError("Please provide one of \(list).")
        case .zone:
            guard BrokerTimeZone.lookup(text) != nil else { throw ValidationError("there is no such time zone") }
            return text
        case .table: return try TableFile(argument: text).json(of: self)
        case .text, .list, .flag:
            guard !text.isEmpty else { throw ValidationError("The value must not be empty.") }
            return text
        }
    }
}
