package import MarketModel

/// How long a server asks to be left alone: the header `Retry-After` (RFC 9110 §10.2.3).
package enum RetryAfter: Hashable, Sendable {
    case delay(Duration)
    case date(UnixNanoseconds)

    /// Longer waits are cut to this: a mistake of a server must not stop a recorder for days.
    package static let delayMax = Duration.seconds(3600)

    /// Reads the header of an answer; `nil` if there is none, or if it makes no sense.
    ///
    /// A date is taken relative to the answer's own `Date`, so that the server's clock may be wrong.
    package init?(_ headers: HTTPHeaders) {
        guard let text = headers["Retry-After"], !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            self = .delay(.seconds(Int64(text) ?? .max / 2))
        } else if let date = HTTPDate.parse(text) {
            if let answered = headers["Date"].flatMap(HTTPDate.parse) {
                self = .delay(date.since(answered))
            } else {
                self = .date(date)
            }
        } else {
            return nil
        }
    }

    /// How long to wait from `now` on, ``delayMax`` at most; `nil` if that time is over.
    package func remaining(at now: UnixNanoseconds) -> Duration? {
        let delay =
            switch self {
            case .delay(let delay): delay
            case .date(let date): date.since(now)
            }
        return delay > .zero ? min(delay, Self.delayMax) : nil
    }
}
