import Interchange
import MarketModel
import Venues

/// Reads the messages of a file for an import; those of a file without receive times get times of the venue.
///
/// Messages before the first time of the venue are held back, up to the limits of ``FirstMessages``.
struct ImportReader {
    private let configuration: MessageImporter.Configuration
    private let path: String
    private var reader: MessageFileReader
    private var clock: VenueClock?
    private var held = FirstMessages()

    init(_ path: String, _ configuration: MessageImporter.Configuration) throws(ImportError) {
        self.path = path
        self.configuration = configuration
        reader = try MessageFileReader(
            path: path,
            format: configuration.format,
            onMalformedLine: configuration.malformedLines,
            receiveTimes: configuration.receiveTimes
        )
    }

    /// Where the receive times come from; `nil` before the first messages.
    var source: ReceiveTimeSource? { reader.format.map { ReceiveTimeSource($0.clock) } }
    var malformedLines: Int { reader.malformedLines.count }
    /// Messages that follow a later one, by the times of the file.
    var disorder: DisorderedMessages { reader.disorder }

    /// Replaces `batch` by the next `maxMessages` messages, or by more if some were held back; false at the end of the
    /// file.
    ///
    /// An opened connection is the last of `opened`, and comes after the messages.
    ///
    /// - Throws: `ImportError` also if the file has no receive times and its first messages have none of the venue. If
    ///   a line before the first time is malformed, the messages before it are not returned, because they have no time.
    mutating func next(
        maxMessages: Int,
        into batch: inout MessageBatch,
        opened: inout [Interchange.ConnectionOpened]
    ) throws(ImportError) -> Bool {
        opened.removeAll()
        while true {
            batch.removeAll()
            guard try reader.next(maxMessages: maxMessages, into: &batch, connectionEvents: &opened) else {
                guard held.isEmpty else { throw timeless() }
                return false
            }
            if source == .recorded || setTimes(&batch) { return true }
            held.append(batch)
            if held.isFull { throw timeless() }
        }
    }

    /// Gives times to a batch, and puts the messages that were held back before it; false if there is no time yet.
    private mutating func setTimes(_ batch: inout MessageBatch) -> Bool {
        if clock == nil, let source {
            clock = VenueClock(source, configuration.venue.makeReader(configuration.reading))
        }
        clock?.set(&batch)
        guard let clock, clock.isSet else { return false }
        guard !held.isEmpty, let first = batch.entries.first else { return true }
        var all = MessageBatch()
        for var earlier in held.take() {
            clock.setEarlier(&earlier, before: first.tsRecv)
            for index in earlier.entries.indices { all.append(messageAt: index, of: earlier) }
        }
        for index in batch.entries.indices { all.append(messageAt: index, of: batch) }
        batch = all
        return true
    }

    /// The error for first messages without any time.
    private func timeless() -> ImportError {
        guard held.isUnderstood(by: configuration.venue, configuration.reading) else {
            return held.refusal(by: configuration.venue, path)
        }
        let count = Counted.text(held.received, "message")
        return ImportError(
            code: .noReceiveTimes,
            path: path,
            place: .wholeFile,
            detail: "the file has no receive times, and there is no time of the venue in its first \(count)"
        )
    }
}
