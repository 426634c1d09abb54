import Archive
import JSONScanning

/// Writes the rows of a query as JSON objects, with the column names as keys.
///
/// The keys of an object are different: the second column named `price` gets the key `price_2`.
struct JSONRow {
    /// Each key as JSON, with the colon after it.
    private let keys: [[UInt8]]

    init(columns: [String]) {
        keys = Self.distinct(columns).map { name in
            var key: [UInt8] = []
            JSONText.appendString(name, to: &key)
            key.append(UInt8(ascii: ":"))
            return key
        }
    }

    func append(_ values: [SQLValue], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, (key, value)) in zip(keys, values).enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: key)
            output.append(contentsOf: value.json.utf8)
        }
        output.append(UInt8(ascii: "}"))
    }

    /// Numbers repeated names.
    ///
    /// The first column with a name keeps it. A number that would make another column's name is passed over.
    private static func distinct(_ names: [String]) -> [String] {
        var taken: Set<String> = Set(names)
        var seen: Set<String> = []
        return names.map { name in
            guard !seen.insert(name).inserted else { return name }
            var number = 2
            while !taken.insert("\(name)_\(number)").inserted { number += 1 }
            return "\(name)_\(number)"
        }
    }
}
