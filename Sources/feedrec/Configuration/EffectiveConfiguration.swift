import JSONScanning

/// Prints the settings in effect, as TOML with the source of each value, or as JSON.
///
/// Secrets are printed as references.
struct EffectiveConfiguration {
    let configuration: RecorderConfiguration

    var lines: [String] {
        var lines: [String] = []
        var section = ""
        for option in configuration.options {
            if option.section != section || (option.section == "feed" && option.key == "name") {
                section = option.section
                lines += ["", section == "feed" ? "[[feed]]" : "[\(section)]"]
            }
            if let value = option.value {
                lines.append("\(option.key) = \(value)  # \(option.source.rawValue)")
            } else {
                lines.append("# \(option.key) is not set")
            }
        }
        return lines
    }

    var json: String {
        var object = JSONObjectWriter()
        object.text("configuration", configuration.origin)
        object.raw("options", Self.array(configuration.options.filter { $0.section != "feed" }))
        var feeds: [[ResolvedOption]] = []
        for option in configuration.options where option.section == "feed" {
            if option.key == "name" { feeds.append([]) }
            if !feeds.isEmpty { feeds[feeds.count - 1].append(option) }
        }
        object.raw("feeds", "[" + feeds.map(Self.array).joined(separator: ",") + "]")
        return object.text()
    }

    private static func array(_ options: [ResolvedOption]) -> String {
        "[" + options.map(json).joined(separator: ",") + "]"
    }

    private static func json(_ option: ResolvedOption) -> String {
        var object = JSONObjectWriter()
        object.text(
            "option",
            option.section.isEmpty || option.section == "feed" ? option.key : "\(option.section).\(option.key)"
        )
        object.text("value", option.value)
        object.text("source", option.source.rawValue)
        return object.text()
    }
}
