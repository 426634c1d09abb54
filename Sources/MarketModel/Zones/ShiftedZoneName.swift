/// A zone defined by another zone and an offset: `America/New_York+7h`, `America/New_York+07:00`.
package struct ShiftedZoneName: Hashable, Sendable {
    /// The name of the zone that decides when clocks change.
    package let base: String
    /// How far clocks are ahead of those of ``base``; less than a day.
    package let seconds: Int64

    /// Parses `ZONE±H`, `ZONE±HH`, `ZONE±HH:MM` and `ZONE±HHMM`, with an optional final `h`; `nil` for other texts.
    package init?(_ text: String) {
        guard let signIndex = text.lastIndex(where: { $0 == "+" || $0 == "-" }), signIndex != text.startIndex else {
            return nil
        }
        var distance = text[text.index(after: signIndex)...]
        if distance.last == "h" { distance.removeLast() }
        guard let seconds = Self.seconds(distance) else { return nil }
        base = String(text[..<signIndex])
        self.seconds = text[signIndex] == "-" ? 0 - seconds : seconds
    }

    private static func seconds(_ text: Substring) -> Int64? {
        var digits = text
        if let colon = text.firstIndex(of: ":") {
            guard text.distance(from: colon, to: text.endIndex) == 3 else { return nil }
            digits.remove(at: colon)
        }
        guard (1...4).contains(digits.count), digits.count != 3 || text.contains(":"),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let hasMinutes = digits.count > 2
        guard let hours = Int64(hasMinutes ? digits.dropLast(2) : digits),
            let minutes = Int64(hasMinutes ? digits.suffix(2) : "0"), hours < 24, minutes < 60
        else { return nil }
        return hours * 3600 + minutes * 60
    }
}
