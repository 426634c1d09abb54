package import MarketModel

/// A format in which other recorders write messages, one per line.
///
/// Each format has a file of its own and a line in ``all``. Flags, help texts, detection and errors follow from these.
package struct MessageLineFormat: Sendable {
    /// What the times of a format's lines are.
    package enum Clock: Sendable, Hashable {
        /// Times since the UNIX epoch.
        case wall
        /// Times since an unknown moment: only the intervals between them mean something.
        case monotonic
        /// The lines have no times; messages get the time 0.
        case none
    }

    /// Parses a line; the second argument says how to read its times.
    package typealias Parse =
        @Sendable (UnsafeRawBufferPointer, ReceiveTimes) throws(MessageLineError) -> MessageLine

    /// The name on command lines.
    package let name: String
    /// How a line looks, as part of a sentence for `--help`.
    package let summary: String
    package let clock: Clock
    /// The unit of the times, unless the user gives another.
    package let unit: UnixTimeUnit
    let parse: Parse
    /// True if a line has this format, by its look.
    let matches: @Sendable (UnsafeRawBufferPointer) -> Bool

    /// Makes a format.
    ///
    /// Without `matches`, a line has the format if `parse` accepts it.
    package init(
        _ name: String,
        summary: String,
        clock: Clock,
        unit: UnixTimeUnit = .nanoseconds,
        matches: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil,
        parse: @escaping Parse
    ) {
        self.name = name
        self.summary = summary
        self.clock = clock
        self.unit = unit
        self.parse = parse
        // As nanoseconds, every number is a valid time.
        self.matches = matches ?? { (try? parse($0, .unit(.nanoseconds))) != nil }
    }

    /// The first format of ``all`` that `line` has; `nil` if it has none.
    package static func detect(_ line: UnsafeRawBufferPointer) -> MessageLineFormat? {
        all.first { $0.matches(line) }
    }
}

extension MessageLineFormat: Hashable {
    /// Names are unique.
    package static func == (one: Self, other: Self) -> Bool { one.name == other.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
