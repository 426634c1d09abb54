/// Helps with an unknown name: suggests the nearest known name, and lists the known ones.
package enum Suggestion {
    /// Longer names are not compared, because the work grows with the product of the lengths.
    private static let nameBytesMax = 64

    /// The nearest of `names`, if at most a third of its letters differ, ignoring ASCII case.
    package static func nearest(to name: String, among names: some Sequence<String>) -> String? {
        let wanted = lowercased(name)
        guard wanted.count <= nameBytesMax else { return nil }
        var best: (distance: Int, name: String)?
        for candidate in names {
            let letters = lowercased(candidate)
            let limit = max(1, letters.count / 3)
            guard letters.count <= nameBytesMax, abs(letters.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, letters)
            guard distance <= limit else { continue }
            if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true { best = (distance, candidate) }
        }
        return best?.name
    }

    /// The end of an error about a wrong name: `; did you mean 'EURUSD'?`, or nothing if no name is near.
    package static func hint(for name: String, among names: some Sequence<String>) -> String {
        nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The names in single quotes, separated by commas: `'EURUSD', 'GBPUSD' and 12 more`.
    package static func list(_ names: some Collection<String>, countMax: Int = 20) -> String {
        let shown = names.prefix(countMax).map { "'\($0)'" }.joined(separator: ", ")
        return names.count > countMax ? "\(shown) and \(names.count - countMax) more" : shown
    }

    private static func lowercased(_ name: String) -> [UInt8] {
        name.utf8.prefix(nameBytesMax + 1).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Letters to insert, delete or replace to turn one name into the other (Levenshtein distance).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
