import MarketModel

extension MessageLineFormat {
    /// The raw data files of cryptofeed: times in decimal UNIX seconds; the start of a line shows its kind.
    ///
    ///     wss://… <-> 1618678132.368463            connection opened
    ///     wss://… <- 1618678132.83097: {…}         message sent
    ///     1618678132.831468: {…}                   message received
    ///     https://… -> 1618678132.35: {…}          answer to an HTTP request
    ///
    /// A binary message is a Python bytes literal, `b'…'`.
    package static let cf = MessageLineFormat(
        "cf",
        summary: "the raw format of cryptofeed",
        clock: .wall,
        unit: .seconds
    ) { (line, times) throws(MessageLineError) in
        try CryptofeedLine.parse(line, times)
    }
}

private enum CryptofeedLine {
    static func parse(_ line: UnsafeRawBufferPointer, _ times: ReceiveTimes) throws(MessageLineError) -> MessageLine {
        var scanner = MessageLineScanner(line)
        if let first = line.first, first &- 0x30 <= 9 {
            return try message(direction: .received, &scanner, times)
        }
        guard let url = scanner.word(), url.contains(UInt8(ascii: ":")) else {
            throw MessageLineError(reason: "expected a time in decimal seconds or a URL")
        }
        if scanner.skip(" <-> ") {
            let time = try scanner.receiveTime(times, unit: .seconds)
            guard scanner.isAtEnd else { throw MessageLineError(reason: "expected nothing after the time") }
            return .connectionOpened(url: url, ts: time)
        }
        if scanner.skip(" <- ") { return try message(direction: .sent, &scanner, times) }
        guard scanner.skip(" -> ") else {
            throw MessageLineError(reason: "expected '<->', '<-' or '->' after the URL")
        }
        switch try message(direction: .received, &scanner, times) {
        case .message(let time, _, let body): return .restAnswer(url: url, tsRecv: time, body: body, isLiteral: false)
        case .binaryMessage(let time, _, let body):
            return .restAnswer(url: url, tsRecv: time, body: body, isLiteral: true)
        case let other: return other
        }
    }

    /// Parses `1618678132.831468: {…}`.
    private static func message(
        direction: MessageDirection,
        _ scanner: inout MessageLineScanner,
        _ times: ReceiveTimes
    ) throws(MessageLineError) -> MessageLine {
        let time = try scanner.receiveTime(times, unit: .seconds)
        guard scanner.skip(": ") else { throw MessageLineError(reason: "expected ': ' after the time") }
        if let literal = PythonBytesLiteral.content(of: scanner.rest) {
            return .binaryMessage(tsRecv: time, direction: direction, literal: literal)
        }
        return .message(tsRecv: time, direction: direction, payload: scanner.rest)
    }
}
