import MarketModel

extension MessageLineFormat {
    /// `<ns> TAB <payload>`: nanoseconds of a monotonic clock, a tab, the text as received.
    package static let tsv = MessageLineFormat(
        "tsv",
        summary: "'<monotonic time in ns>', a tab and the payload",
        clock: .monotonic
    ) { (line, times) throws(MessageLineError) in
        var scanner = MessageLineScanner(line)
        // The digits of a monotonic time do not show its unit.
        let time = try scanner.receiveTime(times == .checked ? .asWritten : times, unit: .nanoseconds)
        guard scanner.skip("\t") else { throw MessageLineError(reason: "expected a tab after the time") }
        return .message(tsRecv: time, direction: .received, payload: scanner.rest)
    }
}
