import Archive

/// The file that a feed is recorded into, and the change to the next one.
///
/// A change must not overlap with a connection that begins or ends: both would write its row. Connections therefore
/// wait for a change, and a change waits for connections.
struct RecordedFile: Sendable {
    /// The file, and the ids of its rows that the feed's data refers to.
    private(set) var place: RecordingPlace
    /// The totals when the file was begun.
    private(set) var totalsBefore = CaptureTotals()
    /// True while the file changes: nothing is captured then.
    private(set) var isChanging = false
    /// True while a change is incomplete, and for good if it failed: new messages then stay in the journal.
    private(set) var isBroken = false
    /// The number of connections that are beginning or ending.
    private var connectionChanges = 0

    init(place: RecordingPlace) {
        self.place = place
    }

    /// True if a change of the file may begin now.
    var mayChange: Bool { !isChanging && connectionChanges == 0 }

    /// True if no connection is beginning or ending.
    var isStill: Bool { connectionChanges == 0 }

    /// Notes that a connection begins or ends; do not call it while the file changes.
    mutating func beginConnectionChange() {
        precondition(!isChanging, "a connection begins or ends while the file changes")
        connectionChanges += 1
    }

    mutating func endConnectionChange() {
        precondition(connectionChanges > 0, "a connection has ended its change twice")
        connectionChanges -= 1
    }

    /// Begins a change, which continues once ``isStill`` is true.
    mutating func beginChange() { isChanging = true }

    /// Leaves the old file; if the change fails after this, new messages are only in the journal.
    mutating func leave() { isBroken = true }

    /// Uses the next file; `totals` are those of the run so far.
    mutating func move(to place: RecordingPlace, totals: CaptureTotals) {
        self.place = place
        totalsBefore = totals
    }

    /// Notes that the next file has what it needs for new messages.
    mutating func arrive() { isBroken = false }

    mutating func endChange() { isChanging = false }
}
