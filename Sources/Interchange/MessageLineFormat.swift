import MarketModel

/// How other recorders write messages, one a line.
package enum MessageLineFormat: String, Sendable, Hashable, CaseIterable {
    /// `<ns> <payload>`: receive time in integer nanoseconds since the Unix epoch, one space, the text as received.
    case ns
    /// The raw data files of cryptofeed: times in decimal Unix seconds, lines told apart by their front.
    ///
    ///     wss://… <-> 1618678132.368463            connection opened
    ///     wss://… <- 1618678132.83097: {…}         message sent
    ///     1618678132.831468: {…}                   message received
    ///     https://… -> 1618678132.35: {…}          answer to an HTTP request
    ///
    /// A binary message is a Python bytes literal, `b'…'`.
    case cf

    /// The format that `line` is written in; `nil` where it is neither.
    package static func detect(_ line: UnsafeRawBufferPointer) -> MessageLineFormat? {
        allCases.first { (try? $0.parse(line)) != nil }
    }

    func parse(_ line: UnsafeRawBufferPointer) throws(MessageLineError) -> MessageLine {
        switch self {
        case .ns: try parseNs(line)
        case .cf: try parseCf(line)
        }
    }

    private func parseNs(_ line: UnsafeRawBufferPointer) throws(MessageLineError) -> MessageLine {
        var scanner = MessageLineScanner(line)
        guard let nanoseconds = scanner.integer() else {
            throw MessageLineError(reason: "expected a receive time in integer nanoseconds")
        }
        guard scanner.skip(" ") else { throw MessageLineError(reason: "expected a space behind the receive time") }
        return .message(tsRecv: UnixNanoseconds(nanoseconds), direction: .received, payload: scanner.rest)
    }

    private func parseCf(_ line: UnsafeRawBufferPointer) throws(MessageLineError) -> MessageLine {
        var scanner = MessageLineScanner(line)
        if let first = line.first, first &- 0x30 <= 9 {
            return try message(direction: .received, &scanner)
        }
        guard let url = scanner.word(), url.contains(UInt8(ascii: ":")) else {
            throw MessageLineError(reason: "expected a time in decimal seconds or a URL")
        }
        if scanner.skip(" <-> ") {
            guard let time = scanner.decimalSeconds(), scanner.isAtEnd else {
                throw MessageLineError(reason: "expected a time in decimal seconds and nothing else behind '<->'")
            }
            return .connectionOpened(url: url, ts: time)
        }
        if scanner.skip(" <- ") { return try message(direction: .sent, &scanner) }
        guard scanner.skip(" -> ") else {
            throw MessageLineError(reason: "expected '<->', '<-' or '->' behind the URL")
        }
        _ = try message(direction: .received, &scanner)
        return .restAnswer
    }

    /// Reads `1618678132.831468: {…}`.
    private func message(
        direction: MessageDirection,
        _ scanner: inout MessageLineScanner
    ) throws(MessageLineError) -> MessageLine {
        guard let time = scanner.decimalSeconds() else {
            throw MessageLineError(reason: "expected a time in decimal seconds")
        }
        guard scanner.skip(": ") else { throw MessageLineError(reason: "expected ': ' behind the time") }
        if let literal = PythonBytesLiteral.content(of: scanner.rest) {
            return .binaryMessage(tsRecv: time, direction: direction, literal: literal)
        }
        return .message(tsRecv: time, direction: direction, payload: scanner.rest)
    }
}
