import BarBuilding
import JSONScanning
import Venues

/// How one kind of option is read from a file and from text, and how it is written.
struct OptionType<Value: Sendable>: Sendable {
    /// A description of a valid value, such as `a duration such as "10s"`.
    var expectation: String
    /// Reads a value of a configuration file; `nil` if its type is wrong or it is out of range.
    var read: @Sendable (ConfigurationNode.Value) -> Value?
    /// Reads the text of a flag or an environment variable; `nil` if it is invalid.
    var parse: @Sendable (String) -> Value?
    /// Writes the value as TOML, which for these types is also JSON.
    var write: @Sendable (Value) -> String

    /// Makes a type that is a string in TOML too.
    init(
        _ expectation: String,
        parse: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String
    ) {
        self.expectation = expectation
        self.parse = parse
        self.write = { JSONText.quoted(write($0)) }
        read = { value in
            guard case .text(let text) = value else { return nil }
            return parse(text)
        }
    }

    init(
        _ expectation: String,
        read: @escaping @Sendable (ConfigurationNode.Value) -> Value?,
        parse: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String
    ) {
        self.expectation = expectation
        self.read = read
        self.parse = parse
        self.write = write
    }
}

extension OptionType where Value == String {
    /// A string that is not empty.
    static let text = OptionType("a non-empty string", parse: { $0.isEmpty ? nil : $0 }, write: { $0 })
    static let path = OptionType("a path", parse: { $0.isEmpty ? nil : $0 }, write: { $0 })
    static let retention = OptionType(
        #"a time such as "30d", a size such as "200G", or "keep""#,
        parse: { RetentionArgument(argument: $0)?.text },
        write: { $0 }
    )
    static let zone = OptionType(
        #"a time zone such as "Europe/Athens", "+02:00" or "America/New_York+7h""#,
        parse: { BrokerTimeZone(argument: $0) == nil ? nil : $0 },
        write: { $0 }
    )
}

extension OptionType where Value == [String] {
    static let texts = OptionType(
        #"a list of strings, ["…", "…"]"#,
        read: { value in
            guard case .list(let nodes) = value else { return nil }
            let texts = nodes.compactMap { node -> String? in
                guard case .text(let text) = node.value, !text.isEmpty else { return nil }
                return text
            }
            return texts.count == nodes.count ? texts : nil
        },
        parse: { $0.split(separator: ",").map(String.init) },
        write: { "[" + $0.map(JSONText.quoted).joined(separator: ", ") + "]" }
    )
}

extension OptionType where Value == Bool {
    static let boolean = OptionType(
        "true or false",
        read: { value in
            guard case .boolean(let boolean) = value else { return nil }
            return boolean
        },
        parse: { ["true": true, "1": true, "false": false, "0": false][$0] },
        write: { $0 ? "true" : "false" }
    )
}

extension OptionType where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> OptionType {
        OptionType(
            "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { value in
                guard case .integer(let integer) = value, range.contains(integer) else { return nil }
                return integer
            },
            parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } },
            write: { String($0) }
        )
    }

    /// A size in bytes.
    static func size(_ range: ClosedRange<Int>) -> OptionType {
        let (low, high) = (ReadableUnits.text(ofBytes: range.lowerBound), ReadableUnits.text(ofBytes: range.upperBound))
        return OptionType(
            #"a size such as "16MiB", from \#(low) to \#(high)"#,
            parse: { ReadableUnits.bytes($0).flatMap { range.contains($0) ? $0 : nil } },
            write: { ReadableUnits.text(ofBytes: $0) }
        )
    }
}

extension OptionType where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> OptionType {
        let (low, high) = (ReadableUnits.text(of: range.lowerBound), ReadableUnits.text(of: range.upperBound))
        return OptionType(
            #"a duration such as "10s" or "1h30m", from \#(low) to \#(high)"#,
            parse: { ReadableUnits.duration($0).flatMap { range.contains($0) ? $0 : nil } },
            write: { ReadableUnits.text(of: $0) }
        )
    }
}

extension OptionType where Value == Duration? {
    /// A duration, or `off`.
    static func durationOrOff(_ range: ClosedRange<Duration>) -> OptionType {
        let type = OptionType<Duration>.duration(range)
        return OptionType(
            #""off", or "# + type.expectation,
            parse: { text in text == "off" ? .some(nil) : type.parse(text).map(Optional.some) },
            write: { $0.map(ReadableUnits.text(of:)) ?? "off" }
        )
    }
}

/// A duration that feedrec may also choose itself, or that is off.
enum AutomaticDuration: Hashable, Sendable {
    case automatic
    case off
    case after(Duration)
}

extension OptionType where Value == AutomaticDuration {
    static func automatic(_ range: ClosedRange<Duration>) -> OptionType {
        let type = OptionType<Duration>.duration(range)
        return OptionType(
            #""auto", "off", or "# + type.expectation,
            parse: { text in
                switch text {
                case "auto": .automatic
                case "off": .off
                default: type.parse(text).map { .after($0) }
                }
            },
            write: { value in
                switch value {
                case .automatic: "auto"
                case .off: "off"
                case .after(let duration): ReadableUnits.text(of: duration)
                }
            }
        )
    }
}

extension OptionType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the raw values of an enumeration.
    static var choice: OptionType {
        let names = Value.allCases.map { JSONText.quoted($0.rawValue) }.joined(separator: " or ")
        return OptionType(names, parse: { Value(rawValue: $0) }, write: { $0.rawValue })
    }
}

extension OptionType where Value == Venue {
    /// The name of a venue.
    static var venue: OptionType {
        let names = Venue.all.map { JSONText.quoted($0.name) }.joined(separator: " or ")
        return OptionType(names, parse: Venue.called, write: \.name)
    }
}

extension OptionType where Value == [BarInterval] {
    /// Lengths of bars; the list may be empty.
    static let intervals = OptionType(
        #"a list of bar lengths, ["1s", "1m"]"#,
        read: { value in
            guard case .list(let nodes) = value else { return nil }
            let intervals = nodes.compactMap { node -> BarInterval? in
                guard case .text(let text) = node.value else { return nil }
                return BarInterval(text: text)
            }
            return intervals.count == nodes.count && Set(intervals).count == intervals.count ? intervals : nil
        },
        parse: { BarIntervalsArgument(argument: $0)?.intervals },
        write: { "[" + $0.map { JSONText.quoted($0.description) }.joined(separator: ", ") + "]" }
    )
}

extension OptionType where Value == ListenAddress {
    /// An address and a port; the default address is loopback.
    static let listen = OptionType(
        #"an address and a port, such as "127.0.0.1:9464""#,
        parse: { text in
            ListenAddress(
                argument: text.contains(":") && !text.hasPrefix(":") ? text : "127.0.0.1:\(text.drop { $0 == ":" })"
            )
        },
        write: { $0.host.contains(":") ? "[\($0.host)]:\($0.port)" : "\($0.host):\($0.port)" }
    )
}

extension OptionType where Value == SecretReference {
    /// A reference, never the secret itself: configuration files get copied, printed and committed.
    static let secret = OptionType(
        #"a reference, { env = "NAME" } or { file = "/path" }: secrets do not belong in a configuration file"#,
        read: { value in
            guard case .table(let members) = value, members.count == 1, let (key, node) = members.first,
                case .text(let text) = node.value, !text.isEmpty
            else { return nil }
            return key == "env" ? .environment(text) : key == "file" ? .file(text) : nil
        },
        parse: { text in
            // The form that flags use: `env:NAME` or `file:/path`.
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            return parts[0] == "env" ? .environment(parts[1]) : parts[0] == "file" ? .file(parts[1]) : nil
        },
        write: \.text
    )
}
