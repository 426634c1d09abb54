package import MarketModel

/// The payload of a connection record: where the messages of the connection belong.
package struct JournalConnection: Hashable, Sendable {
    /// The facts needed to store the messages if the recording is lost.
    package struct Origin: Hashable, Sendable {
        /// The identity of the recording, see `identity.recording_id`.
        package var recordingID: String
        /// When the feed began in the recording.
        package var tsBegun: UnixNanoseconds
        /// Messages that the feed had received over earlier connections in the same recording.
        package var messagesBefore: UInt64
        /// Sequences of the last received and last sent message in an earlier recording; 0 without one.
        package var received: UInt64
        package var sent: UInt64
        package var feedName: String
        /// Without query and user info.
        package var url: String
        /// JSON without secrets, as in `feed`.
        package var subscription: String

        package init(
            recordingID: String,
            tsBegun: UnixNanoseconds,
            messagesBefore: UInt64 = 0,
            received: UInt64 = 0,
            sent: UInt64 = 0,
            feedName: String,
            url: String,
            subscription: String
        ) {
            self.recordingID = recordingID
            self.tsBegun = tsBegun
            self.messagesBefore = messagesBefore
            self.received = received
            self.sent = sent
            self.feedName = feedName
            self.url = url
            self.subscription = subscription
        }
    }

    /// The file name of the recording, without its directory.
    package var file: String
    package var feedID: Int64
    /// The venue's name, as in `feed`.
    package var venue: String
    /// The lengths of its bars, separated by commas.
    package var bars: String
    /// `nil` in segments written before schema 5.
    package var origin: Origin?

    package init(file: String, feedID: Int64, venue: String, bars: String, origin: Origin? = nil) {
        self.file = file
        self.feedID = feedID
        self.venue = venue
        self.bars = bars
        self.origin = origin
    }
}

extension JournalConnection {
    /// The fields, separated by NUL.
    ///
    /// Without an origin: feed id, venue, bars, file. With an origin: an empty field, a `2`, these four fields, and the
    /// fields of the origin in their order.
    package var payload: [UInt8] {
        let place = "\(feedID)\0\(venue)\0\(bars)\0\(file)"
        guard let origin else { return Array(place.utf8) }
        let start = "\(origin.recordingID)\0\(origin.tsBegun.rawValue)\0\(origin.messagesBefore)"
        let source = "\(origin.received)\0\(origin.sent)\0\(origin.feedName)\0\(origin.url)\0\(origin.subscription)"
        return Array("\0\(Self.version)\0\(place)\0\(start)\0\(source)".utf8)
    }

    private static let version = "2"
    private static let fieldCount = (old: 4, new: 14)

    /// Parses ``payload``; `nil` for anything else.
    package init?(_ payload: UnsafeRawBufferPointer) {
        let isOld = payload.first != 0
        let count = isOld ? Self.fieldCount.old : Self.fieldCount.new
        let fields = payload.split(separator: 0, maxSplits: count - 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == count else { return nil }
        if isOld {
            self.init(place: fields[...])
        } else {
            guard fields[1] == Self.version, let tsBegun = Int64(fields[7]), let before = UInt64(fields[8]),
                let received = UInt64(fields[9]), let sent = UInt64(fields[10])
            else { return nil }
            self.init(place: fields[2...])
            origin = Origin(
                recordingID: fields[6],
                tsBegun: UnixNanoseconds(tsBegun),
                messagesBefore: before,
                received: received,
                sent: sent,
                feedName: fields[11],
                url: fields[12],
                subscription: fields[13]
            )
        }
    }

    /// Parses the first four fields.
    private init?(place fields: ArraySlice<String>) {
        let fields = Array(fields)
        guard let feedID = Int64(fields[0]), !fields[3].isEmpty else { return nil }
        self.init(file: fields[3], feedID: feedID, venue: fields[1], bars: fields[2])
    }
}
