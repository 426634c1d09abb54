import ArgumentParser
import Venues

/// The flags of all venues for one use, made from the venues' own descriptions.
///
/// The parser finds the flags of a type through its mirror, so the mirror lists one group for each section. Each
/// position has its own group type, because the parser creates groups without arguments; see ``VenueFlagPosition``.
struct VenueFlags<Use: VenueFlagUse>: ParsableArguments, CustomReflectable {
    private(set) var values = VenueOptionValues()
    /// The names of the options on the command line, including those with their default.
    private var written: Set<String> = []

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: OptionKey.self)
        try Self.forEachSection { (position: any VenueFlagPosition.Type) throws in
            let group = try Self.values(at: position, in: container)
            values.merge(group.values)
            written.formUnion(group.written)
        }
    }

    var customMirror: Mirror {
        var groups: [Mirror.Child] = []
        Self.forEachSection { groups.append((label: Self.key(of: $0).stringValue, value: Self.group(at: $0))) }
        return Mirror(self, children: groups)
    }

    /// The flags on the command line, also if they only repeat a default.
    var flags: [String] { writtenOptions.map(\.flag) }

    private var writtenOptions: [VenueOption] {
        Venue.options(for: Use.use).filter { written.contains($0.name) }
    }

    /// Refuses flags that are only for other venues.
    func validate(for venue: Venue) throws(ValidationError) {
        let own = venue.definition.options(for: Use.use)
        let foreign = writtenOptions.filter { option in !own.contains { $0.name == option.name } }
        guard let first = foreign.first else { return }
        let flags = foreign.map(\.flag)
        let list = flags.count > 1 ? flags.dropLast().joined(separator: ", ") + " and " + (flags.last ?? "") : flags[0]
        let owners = Venue.owners(of: first, for: Use.use).map(\.name)
        let verb = flags.count > 1 ? "are" : "is"
        let main = Use.use == .recording ? own.first { $0.kind == .list } : nil
        let hint = main.map { "; for \(venue), use \($0.flag)" } ?? ""
        throw ValidationError("\(list) \(verb) for \(owners.joined(separator: " and "))\(hint)")
    }

    // MARK: Sections

    private static func forEachSection(_ body: (any VenueFlagPosition.Type) throws -> Void) rethrows {
        var position: any VenueFlagPosition.Type = FirstVenueFlags.self
        for _ in VenueFlagSection.all(for: Use.use) {
            try body(position)
            position = position.next
        }
    }

    private static func key(of position: any VenueFlagPosition.Type) -> OptionKey {
        OptionKey(stringValue: "section\(position.index)")
    }

    private static func group<Position: VenueFlagPosition>(at position: Position.Type) -> Any {
        let title = Use.hasTitles ? VenueFlagSection.all(for: Use.use)[position.index].title : ""
        return OptionGroup<VenueFlagGroup<Use, Position>>(title: title)
    }

    private static func values<Position: VenueFlagPosition>(
        at position: Position.Type,
        in container: KeyedDecodingContainer<OptionKey>
    ) throws -> (values: VenueOptionValues, written: Set<String>) {
        let key = key(of: position)
        let group = try container.decode(OptionGroup<VenueFlagGroup<Use, Position>>.self, forKey: key).wrappedValue
        return (group.values, group.written)
    }
}

/// How a verb uses the options of venues.
protocol VenueFlagUse: Sendable {
    static var use: VenueOption.Use { get }
    /// True to show each venue's options under a title of their own.
    static var hasTitles: Bool { get }
}

/// `record`.
enum RecordingFlags: VenueFlagUse {
    static let use = VenueOption.Use.recording
    static let hasTitles = true
}

/// `import`.
enum ReadingFlags: VenueFlagUse {
    static let use = VenueOption.Use.reading
    static let hasTitles = false
}

/// `simulate`.
enum SimulatingFlags: VenueFlagUse {
    static let use = VenueOption.Use.simulating
    static let hasTitles = false
}

/// The position of a section, as a type.
protocol VenueFlagPosition: Sendable {
    static var index: Int { get }
    static var next: any VenueFlagPosition.Type { get }
}

enum FirstVenueFlags: VenueFlagPosition {
    static var index: Int { 0 }
    static var next: any VenueFlagPosition.Type { NextVenueFlags<Self>.self }
}

enum NextVenueFlags<Previous: VenueFlagPosition>: VenueFlagPosition {
    static var index: Int { Previous.index + 1 }
    static var next: any VenueFlagPosition.Type { NextVenueFlags<Self>.self }
}

/// A key that is made at run time.
struct OptionKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
