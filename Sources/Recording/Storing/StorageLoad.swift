import Archive

/// Decides by the overload rule what a feed does while storing cannot keep up.
///
/// A slow disk usually shows in the queue to the writer: the feed waits, its connection is not read, and the socket
/// fills on the venue's side. Meanwhile the journal, which holds what was read but not stored, must not reach its
/// limit.
struct StorageLoad: Sendable {
    /// An overload ends after this many ticks of the recorder without a wait: a second by default.
    static let quietTicksMin = 4

    /// Which parts have room for more.
    struct Room: Hashable, Sendable {
        /// Enough for messages already on their way when the sockets are no longer read.
        var inJournal = true
        /// A push to the writer would not wait.
        var atWriter = true
        /// The capture may accumulate more.
        var inCapture = true
    }

    /// What happens to a batch.
    enum Decision: Hashable, Sendable {
        /// Capture it; `endsGap` is true if messages were dropped until now.
        case capture(endsGap: Bool)
        /// Let the dialect answer it, but do not capture it; `begins` is the cause of the gap that begins with it.
        case drop(begins: GapCause?)
    }

    /// What the user should know.
    enum News: Hashable, Sendable {
        case overloaded(OverloadRule)
        /// The venue waited this long in total.
        case caughtUp(waited: Duration)
    }

    let rule: OverloadRule
    /// Why messages are dropped at present: the disk is full, or storing cannot keep up.
    private(set) var dropCause: GapCause?
    /// How long batches have waited since the overload began, on the monotonic clock; `nil` if they need not wait.
    private var waited: Duration?
    private var quietTicks = 0

    init(rule: OverloadRule) {
        self.rule = rule
    }

    // MARK: Waiting

    /// True if a batch must wait until everything captured so far is stored.
    ///
    /// It waits only once: messages read since then may fill the journal, and only capturing them frees it.
    func mustWait(_ room: () -> Room) -> Bool { rule == .stopReading && !room().inJournal }

    /// Notes that a batch begins to wait.
    mutating func beginWait() -> News? {
        defer { waited = waited ?? .zero }
        return waited == nil ? .overloaded(.stopReading) : nil
    }

    mutating func endWait(after duration: Duration) {
        waited = waited.map { $0 + duration }
        quietTicks = 0
    }

    /// Notes a tick of the recorder: the overload ends after a while in which no batch had to wait.
    ///
    /// Near the limit, every other batch waits, and a report for each would flood the log.
    mutating func tick(isHeldBack: Bool) -> News? {
        guard waited != nil, !isHeldBack else { return nil }
        quietTicks += 1
        return quietTicks >= Self.quietTicksMin ? end() : nil
    }

    /// Ends the overload, if there is one.
    mutating func end() -> News? {
        guard let waited else { return nil }
        self.waited = nil
        quietTicks = 0
        return .caughtUp(waited: waited)
    }

    // MARK: Dropping

    /// Decides about a batch; `pause` is set while nothing can be stored.
    ///
    /// Messages before the subscription begin no gap, because no data is expected yet.
    mutating func decide(pause: GapCause?, isSubscribed: Bool, _ room: () -> Room) -> (Decision, News?) {
        guard let cause = pause ?? (mustDrop(room) ? .overload : nil) else {
            let before = dropCause
            dropCause = nil
            return (.capture(endsGap: before != nil), before == .overload ? .caughtUp(waited: .zero) : nil)
        }
        guard dropCause == nil, isSubscribed else { return (.drop(begins: nil), nil) }
        dropCause = cause
        return (.drop(begins: cause), cause == .overload ? .overloaded(.drop) : nil)
    }

    /// True if handing over would mean waiting, and the rule is not to wait.
    func isWriterBusy(_ room: () -> Room) -> Bool { rule == .drop && !room().atWriter }

    private func mustDrop(_ room: () -> Room) -> Bool {
        guard rule == .drop else { return false }
        let room = room()
        // While dropping, wait until everything queued has been handed over, so that gaps do not follow each other
        // closely.
        return !room.inJournal || (dropCause == .overload ? !room.atWriter : !room.inCapture)
    }
}

extension GapCause {
    /// Why messages are dropped, in words for the user.
    var dropDetail: String {
        switch self {
        case .diskFull: "the disk is full"
        case .readOnly: "the file system is read-only"
        case .overload: "storing could not keep up"
        default: rawValue
        }
    }
}
