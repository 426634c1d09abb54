import MarketModel

/// Builds the text that Prometheus reads (text exposition format 0.0.4).
package struct PrometheusText {
    /// The type of a metric family.
    package enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    package private(set) var text = ""

    package init() {}

    /// Starts a metric family.
    ///
    /// Its samples must follow directly.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Adds a sample to the present family.
    package mutating func sample(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        text += name + Self.labels(labels) + " " + Self.number(value) + "\n"
    }

    /// Adds a sample to the present family.
    package mutating func sample(
        _ name: String,
        count value: some BinaryInteger,
        _ labels: KeyValuePairs<String, String> = [:]
    ) {
        text += "\(name)\(Self.labels(labels)) \(value)\n"
    }

    /// Adds a family with one sample, or nothing if there is no value.
    package mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        guard let value else { return }
        family(name, kind, help)
        sample(name, value)
    }

    /// Adds a family with one sample.
    package mutating func single(_ name: String, _ kind: Kind, _ help: String, count value: some BinaryInteger) {
        family(name, kind, help)
        sample(name, count: value)
    }

    /// Adds a histogram, in seconds.
    package mutating func histogram(
        _ name: String,
        _ help: String,
        _ histogram: DurationHistogram,
        in buckets: HistogramBuckets
    ) {
        family(name, .histogram, help)
        for (label, bound) in buckets.bounds {
            sample("\(name)_bucket", count: histogram.count(upTo: bound.wholeNanoseconds), ["le": label])
        }
        sample("\(name)_bucket", count: histogram.count, ["le": "+Inf"])
        sample("\(name)_sum", Double(histogram.sum) / 1e9)
        sample("\(name)_count", count: histogram.count)
    }

    private static func labels(_ labels: KeyValuePairs<String, String>) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? escaped.replacing("\"", with: "\\\"") : escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : value.description
    }
}
