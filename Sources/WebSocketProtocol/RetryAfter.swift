package import MarketModel

/// How long a server asks clients to wait: the header `Retry-After` (RFC 9110 §10.2.3).
package enum RetryAfter: Hashable, Sendable {
    case delay(Duration)
    case date(UnixNanoseconds)

    /// Longest wait; a server's mistake must not stop a recorder for days.
    package static let delayMax = Duration.seconds(3600)

    /// Parses the header of a response; `nil` if it is missing or malformed.
    ///
    /// A date is compared with the response's own `Date`, so that the server's clock may be wrong.
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

    /// The remaining wait from `now` on, at most ``delayMax``; `nil` if it has passed.
    package func remaining(at now: UnixNanoseconds) -> Duration? {
        let delay =
            switch self {
            case .delay(let delay): delay
            case .date(let date): date.since(now)
            }
        return delay > .zero ? min(delay, Self.delayMax) : nil
    }
}
