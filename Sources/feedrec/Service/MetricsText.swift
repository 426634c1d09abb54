/// Builds the text that Prometheus reads (text exposition format 0.0.4).
struct MetricsText {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private(set) var text = ""

    /// Starts a metric family.
    ///
    /// Its samples must follow directly.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        text += name + Self.labels(labels) + " " + Self.number(value) + "\n"
    }

    mutating func sample(_ name: String, count value: Int64, _ labels: KeyValuePairs<String, String> = [:]) {
        text += "\(name)\(Self.labels(labels)) \(value)\n"
    }

    /// Adds a family with one sample, or nothing if there is no value.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        guard let value else { return }
        family(name, kind, help)
        sample(name, value)
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
