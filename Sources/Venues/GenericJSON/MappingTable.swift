import MarketModel

/// Reads the keys of one table of a mapping, and collects the mistakes in it.
struct MappingTable {
    let path: String
    private let members: [String: MappingValue]
    private var known: Set<String> = []
    private(set) var problems: [MappingProblem] = []

    init(_ members: [String: MappingValue], path: String) {
        self.members = members
        self.path = path
    }

    /// True if the table has the key.
    func has(_ key: String) -> Bool { members[key] != nil }

    mutating func value(_ key: String) -> MappingValue? {
        known.insert(key)
        return members[key]
    }

    mutating func problem(_ key: String, _ reason: String) {
        problems.append(MappingProblem(path: place(of: key), reason: reason))
    }

    /// Adds the problems of a table inside this one.
    mutating func adopt(_ other: MappingTable) { problems += other.problems }

    /// The path of a key from the start of the mapping.
    func place(of key: String) -> String {
        key.isEmpty ? path : path.isEmpty ? key : "\(path).\(key)"
    }

    mutating func text(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        if case .text(let text) = value, !text.isEmpty { return text }
        problem(key, "must be a non-empty string")
        return nil
    }

    mutating func boolean(_ key: String) -> Bool {
        guard let value = value(key) else { return false }
        if case .boolean(let boolean) = value { return boolean }
        problem(key, "must be true or false")
        return false
    }

    mutating func integer(_ key: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(key) else { return nil }
        if case .integer(let number) = value, range.contains(number) { return number }
        problem(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// A list of strings; one string counts as a list.
    mutating func texts(_ key: String) -> [String]? {
        guard let value = value(key) else { return nil }
        if let texts = Self.texts(value), !texts.isEmpty { return texts }
        problem(key, "must be a string or a list of strings")
        return nil
    }

    /// The texts of one value or of a list of them; `nil` if a value cannot be compared.
    static func texts(_ value: MappingValue) -> [String]? {
        guard case .list(let list) = value else { return value.comparable.map { [$0] } }
        let texts = list.compactMap(\.comparable)
        return texts.count == list.count ? texts : nil
    }

    mutating func path(_ key: String) -> MappingPath? {
        guard let text = text(key) else { return nil }
        if let path = MappingPath(text) { return path }
        problem(key, MappingPath.mistake)
        return nil
    }

    /// Adds a problem for each key that was never asked for.
    mutating func finish() {
        for key in members.keys.sorted() where !known.contains(key) {
            problem(key, "is unknown here\(Suggestion.hint(for: key, among: known.sorted()))")
        }
    }
}
