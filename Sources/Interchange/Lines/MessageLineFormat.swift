import MarketModel

/// The formats in which other recorders write messages, one per line.
package enum MessageLineFormat: String, Sendable, Hashable, CaseIterable {
    /// `<ns> <payload>`: receive time in integer nanoseconds since the UNIX epoch, one space, the text as received.
    case ns
    /// The raw data files of cryptofeed: times in decimal UNIX seconds; the start of a line shows its kind.
    ///
    ///     wss://… <-> 1618678132.368463            connection opened
    ///     wss://… <- 1618678132.83097: {…}         message sent
    ///     1618678132.831468: {…}                   message received
    ///     https://… -> 1618678132.35: {…}          answer to an HTTP request
    ///
    /// A binary message is a Python bytes literal, `b'…'`.
    case cf
    /// `<ns> TAB <payload>`: nanoseconds of a monotonic clock, a tab, the text as received.
    case tsv
    /// The payload alone, without a time.
    case jsonl

    /// What the times of a format's lines are.
    package enum Clock: Sendable, Hashable {
        /// Times since the UNIX epoch.
        case wall
        /// Times since an unknown moment: only the intervals between them mean something.
        case monotonic
        /// The lines have no times; messages get the time 0.
        case none
    }

    package var clock: Clock {
        switch self {
        case .ns, .cf: .wall
        case .tsv: .monotonic
        case .jsonl: .none
        }
    }

    /// The format of `line`; `nil` if it matches none.
    ///
    /// The payloads of ``jsonl`` are only detected if they are JSON objects or arrays.
    package static func detect(_ line: UnsafeRawBufferPointer) -> MessageLineFormat? {
        // As nanoseconds, every number is a valid time.
        let timed = [Self.ns, .cf, .tsv].first { (try? $0.parse(line, .unit(.nanoseconds))) != nil }
        return timed ?? (isJSON(line) ? .jsonl : nil)
    }

    private static func isJSON(_ line: UnsafeRawBufferPointer) -> Bool {
        switch (line.first, line.last) {
        case (UInt8(ascii: "{"), UInt8(ascii: "}")), (UInt8(ascii: "["), UInt8(ascii: "]")): true
        default: false
        }
    }

    /// The unit of the times, unless the user gives another.
    private var unit: UnixTimeUnit { self == .cf ? .seconds : .nanoseconds }

    func parse(_ line: UnsafeRawBufferPointer, _ times: ReceiveTimes) throws(MessageLineError) -> MessageLine {
        switch self {
        case .ns: try parseNs(line, times)
        case .cf: try parseCf(line, times)
        case .tsv: try parseTsv(line, times)
        case .jsonl: .message(tsRecv: UnixNanoseconds(0), direction: .received, payload: line)
        }
    }

    private func parseNs(_ line: UnsafeRawBufferPointer, _ times: ReceiveTimes) throws(MessageLineError) -> MessageLine
    {
        var scanner = MessageLineScanner(line)
        let time = try time(&scanner, times)
        guard scanner.skip(" ") else { throw MessageLineError(reason: "expected a space after the receive time") }
        return .message(tsRecv: time, direction: .received, payload: scanner.rest)
    }

    private func parseCf(_ line: UnsafeRawBufferPointer, _ times: ReceiveTimes) throws(MessageLineError) -> MessageLine
    {
        var scanner = MessageLineScanner(line)
        if let first = line.first, first &- 0x30 <= 9 {
            return try message(direction: .received, &scanner, times)
        }
        guard let url = scanner.word(), url.contains(UInt8(ascii: ":")) else {
            throw MessageLineError(reason: "expected a time in decimal seconds or a URL")
        }
        if scanner.skip(" <-> ") {
            let time = try time(&scanner, times)
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

    private func parseTsv(
        _ line: UnsafeRawBufferPointer,
        _ times: ReceiveTimes
    ) throws(MessageLineError) -> MessageLine {
        var scanner = MessageLineScanner(line)
        // The digits of a monotonic time do not show its unit.
        let time = try time(&scanner, times == .checked ? .asWritten : times)
        guard scanner.skip("\t") else { throw MessageLineError(reason: "expected a tab after the time") }
        return .message(tsRecv: time, direction: .received, payload: scanner.rest)
    }

    /// Parses `1618678132.831468: {…}`.
    private func message(
        direction: MessageDirection,
        _ scanner: inout MessageLineScanner,
        _ times: ReceiveTimes
    ) throws(MessageLineError) -> MessageLine {
        let time = try time(&scanner, times)
        guard scanner.skip(": ") else { throw MessageLineError(reason: "expected ': ' after the time") }
        if let literal = PythonBytesLiteral.content(of: scanner.rest) {
            return .binaryMessage(tsRecv: time, direction: direction, literal: literal)
        }
        return .message(tsRecv: time, direction: direction, payload: scanner.rest)
    }

    private func time(
        _ scanner: inout MessageLineScanner,
        _ times: ReceiveTimes
    ) throws(MessageLineError) -> UnixNanoseconds {
        let unit = times.unit(standard: unit)
        guard let (time, count) = scanner.time(in: unit) else {
            throw MessageLineError(reason: "expected a receive time in \(unit.name)")
        }
        return try times.checked(time, count: count, unit: unit)
    }
}
