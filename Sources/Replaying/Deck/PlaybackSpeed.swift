/// How fast a tape runs.
package enum PlaybackSpeed: Sendable, Hashable, CustomStringConvertible {
    /// As fast as the slowest client reads.
    case max
    /// This many seconds of tape per second; greater than zero.
    case factor(Double)

    /// Reads `max` or a positive number, with or without a trailing `x`.
    package init?(text: String) {
        if text.lowercased() == "max" {
            self = .max
            return
        }
        guard let factor = Double(text.hasSuffix("x") ? String(text.dropLast()) : text), factor > 0, factor.isFinite
        else { return nil }
        self = .factor(factor)
    }

    package var description: String {
        switch self {
        case .max: "max"
        case .factor(let factor): Int64(exactly: factor).map { "\($0)" } ?? "\(factor)"
        }
    }
}
