package import MarketModel

/// An opened connection, as recorded in a message file.
package struct ConnectionOpened: Sendable, Hashable {
    /// Includes the query, which may name the streams.
    package let url: String
    package let ts: UnixNanoseconds
    package let lineNumber: Int
}

/// Lines that do not match their file's format.
package struct MalformedLines: Sendable, Hashable {
    package struct Sample: Sendable, Hashable {
        package let lineNumber: Int
        package let reason: String
    }

    /// Largest number of samples kept.
    package static let samplesMax = 8

    package internal(set) var count = 0
    /// The first malformed lines.
    package internal(set) var samples: [Sample] = []
}

/// Messages that follow a later one in their file.
package struct DisorderedMessages: Sendable, Hashable {
    package internal(set) var count = 0
    /// The line of the first of them.
    package internal(set) var firstLineNumber: Int?
    /// The largest step back in time.
    package internal(set) var stepMax = Duration.zero
}

/// Reads the messages of a file in one of the formats of ``MessageLineFormat``, batch by batch in file order.
///
/// Empty lines are skipped. HTTP answers of `cf` files become messages of the kind ``MessageKind/rest``; such files do
/// not contain the status, so it is taken to be 200. What a message's time means depends on the format's
/// ``MessageLineFormat/clock``.
package struct MessageFileReader {
    /// What to do with a malformed line.
    package enum MalformedLinePolicy: Sendable, Hashable {
        /// Stop with an error, after the messages before it.
        case fail
        /// Continue, and count it.
        case skip
    }

    /// A batch ends when its payloads reach this size, so that long messages do not accumulate.
    package static let batchBytesMax = 8 * 1024 * 1024
    /// A file that starts with this many unknown lines has an unknown format.
    private static let detectionLinesMax = 16

    /// As given, or detected from the first lines.
    package private(set) var format: MessageLineFormat?
    package private(set) var malformedLines = MalformedLines()
    /// Such messages are returned in file order.
    package private(set) var disorder = DisorderedMessages()
    private let lines: LineReader
    private let policy: MalformedLinePolicy
    private let receiveTimes: ReceiveTimes
    private var tsLatest: UnixNanoseconds?
    /// A pending error, thrown after the messages before it have been returned.
    private var failure: ImportError?

    /// Opens the file at `path`; `-` is standard input.
    package init(
        path: String,
        format: MessageLineFormat? = nil,
        onMalformedLine policy: MalformedLinePolicy = .fail,
        receiveTimes: ReceiveTimes = .asWritten
    ) throws(ImportError) {
        self.format = format
        self.policy = policy
        self.receiveTimes = receiveTimes
        lines = try LineReader(path: path)
    }

    /// Appends up to `maxMessages` messages to `batch`; returns false at the end of the file if nothing was appended.
    ///
    /// An opened connection ends the batch and is appended to `connectionEvents`. It comes after all messages of this
    /// batch and before those of the next.
    package mutating func next(
        maxMessages: Int,
        into batch: inout MessageBatch,
        connectionEvents: inout [ConnectionOpened]
    ) throws(ImportError) -> Bool {
        let countBefore = batch.count
        let bytesBefore = batch.bytes.count
        if let failure { throw failure }
        do throws(ImportError) {
            while batch.count - countBefore < max(1, maxMessages), batch.bytes.count - bytesBefore < Self.batchBytesMax
            {
                guard let line = try lines.nextLine() else { break }
                guard !line.isEmpty, let opened = try read(line, into: &batch) else { continue }
                connectionEvents.append(opened)
                return true
            }
        } catch {
            guard batch.count > countBefore else { throw error }
            failure = error
        }
        return batch.count > countBefore
    }

    /// Reads one line; returns the connection if the line opens one.
    private mutating func read(
        _ line: UnsafeRawBufferPointer,
        into batch: inout MessageBatch
    ) throws(ImportError) -> ConnectionOpened? {
        guard let format = try formatOf(line) else { return nil }
        do throws(MessageLineError) {
            switch try format.parse(line, receiveTimes) {
            case .message(let ts, let direction, let payload):
                if lines.isLineCutOff, CutOffText.isIncomplete(payload) {
                    throw MessageLineError(reason: "the file ends inside this message")
                }
                batch.append(payload, kind: .text, direction: direction, tsRecv: ts)
                noteOrder(ts)
            case .binaryMessage(let ts, let direction, let literal):
                var bytes: [UInt8] = []
                try decode(literal, to: &bytes)
                batch.append(bytes, kind: .binary, direction: direction, tsRecv: ts)
                noteOrder(ts)
            case .connectionOpened(let url, let ts):
                return ConnectionOpened(
                    url: String(decoding: url, as: UTF8.self),
                    ts: ts,
                    lineNumber: lines.lineNumber
                )
            case .restAnswer(let url, let ts, let body, let isLiteral):
                batch.append(try answer(url, body, isLiteral), kind: .rest, direction: .received, tsRecv: ts)
                noteOrder(ts)
            }
        } catch {
            try note(error, format)
        }
        return nil
    }

    /// The payload of an HTTP answer, see ``RESTExchange``.
    private func answer(
        _ url: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        _ isLiteral: Bool
    ) throws(MessageLineError) -> [UInt8] {
        var payload = RESTExchange(url: String(decoding: url, as: UTF8.self), status: 200).head
        if isLiteral {
            try decode(body, to: &payload)
        } else if lines.isLineCutOff, CutOffText.isIncomplete(body) {
            throw MessageLineError(reason: "the file ends inside this answer")
        } else {
            payload.append(contentsOf: body)
        }
        return payload
    }

    private func decode(_ literal: UnsafeRawBufferPointer, to bytes: inout [UInt8]) throws(MessageLineError) {
        guard PythonBytesLiteral.decode(literal, to: &bytes) else {
            throw MessageLineError(reason: "a bytes literal with an unknown escape or a bare control character")
        }
    }

    private mutating func formatOf(_ line: UnsafeRawBufferPointer) throws(ImportError) -> MessageLineFormat? {
        if let format { return format }
        if let detected = MessageLineFormat.detect(line) {
            format = detected
            return detected
        }
        if policy == .skip, malformedLines.count + 1 < Self.detectionLinesMax {
            count("no line of a known format")
            return nil
        }
        let formats = MessageLineFormat.all.map { "'\($0.name)'" }.joined(separator: ", ")
        let detail = "not a message file: its first line has none of the formats \(formats)"
        throw ImportError(code: .unknownFormat, path: lines.path, place: .line(lines.lineNumber), detail: detail)
    }

    private mutating func noteOrder(_ time: UnixNanoseconds) {
        guard let latest = tsLatest, time < latest else {
            tsLatest = time
            return
        }
        disorder.count += 1
        disorder.firstLineNumber = disorder.firstLineNumber ?? lines.lineNumber
        disorder.stepMax = max(disorder.stepMax, latest.since(time))
    }

    private mutating func note(_ error: MessageLineError, _ format: MessageLineFormat) throws(ImportError) {
        // A wrong unit in the first message is a mistake about the whole file, which skipping lines would hide.
        if let unit = error.evidentUnit, policy == .fail || tsLatest == nil {
            throw ImportError(
                code: .wrongTimeUnit(unit),
                path: lines.path,
                place: .line(lines.lineNumber),
                detail: error.reason
            )
        }
        count(error.reason)
        guard policy == .fail else { return }
        let ending = lines.isLineCutOff ? " (the line has no end: the file may be truncated)" : ""
        let detail = "malformed '\(format.name)' line: \(error.reason)\(ending)"
        throw ImportError(code: .malformedLine, path: lines.path, place: .line(lines.lineNumber), detail: detail)
    }

    private mutating func count(_ reason: String) {
        malformedLines.count += 1
        guard malformedLines.samples.count < MalformedLines.samplesMax else { return }
        malformedLines.samples.append(MalformedLines.Sample(lineNumber: lines.lineNumber, reason: reason))
    }
}
