/// Parses the text format of Prometheus strictly, as its documentation describes version 0.0.4.
struct PrometheusParser {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Family {
        var name: String
        var help: String
        var type: String
        var samples: [Sample] = []
    }

    private(set) var families: [Family] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Malformed(description: "the last line has no end") }
        var help: (name: String, text: String)?
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") {
                let words = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard words.count == 2 else { throw Malformed(description: "\(line)") }
                help = (String(words[0]), String(words[1]))
            } else if line.hasPrefix("# TYPE ") {
                let words = line.dropFirst(7).split(separator: " ")
                guard words.count == 2, let help, help.name == words[0],
                    ["counter", "gauge", "histogram"].contains(words[1]),
                    !families.contains(where: { $0.name == help.name })
                else { throw Malformed(description: "\(line)") }
                families.append(Family(name: help.name, help: help.text, type: String(words[1])))
            } else {
                try add(Self.sample(line))
            }
        }
    }

    subscript(name: String, labels: [String: String] = [:]) -> Double? {
        families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    /// A sample belongs to the family before it.
    private mutating func add(_ sample: Sample) throws {
        guard let family = families.last else { throw Malformed(description: "\(sample.name) has no family") }
        let names = family.type == "histogram" ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
        guard names.contains(sample.name),
            !family.samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels })
        else { throw Malformed(description: "\(sample) does not belong to \(family.name), or comes twice") }
        guard family.type != "counter" || (family.name.hasSuffix("_total") && sample.value >= 0) else {
            throw Malformed(description: "\(sample) is no counter")
        }
        families[families.count - 1].samples.append(sample)
    }

    private static func sample(_ line: Substring) throws -> Sample {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? ([^ ]+)/
        guard let match = line.wholeMatch(of: pattern) else { throw Malformed(description: "\(line)") }
        let text = String(match.4)
        guard let value = text == "+Inf" ? .infinity : Double(text) else { throw Malformed(description: "\(line)") }
        var labels: [String: String] = [:]
        var rest = match.3 ?? ""
        while !rest.isEmpty {
            let pattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/
            guard let label = rest.prefixMatch(of: pattern) else { throw Malformed(description: "\(line)") }
            labels[String(label.1)] = unescaped(label.2)
            rest = rest[label.range.upperBound...]
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
