import MarketModel

extension MessageLineFormat {
    /// `<ns> <payload>`: receive time in integer nanoseconds since the UNIX epoch, one space, the text as received.
    package static let ns = MessageLineFormat(
        "ns",
        summary: "'<receive time in ns> <payload>'",
        clock: .wall
    ) { (line, times) throws(MessageLineError) in
        var scanner = MessageLineScanner(line)
        let time = try scanner.receiveTime(times, unit: .nanoseconds)
        guard scanner.skip(" ") else { throw MessageLineError(reason: "expected a space after the receive time") }
        return .message(tsRecv: time, direction: .received, payload: scanner.rest)
    }
}
