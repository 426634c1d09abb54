package import Interchange

/// How many messages an import met, by what became of them.
package struct ImportCounts: Sendable, Hashable {
    /// Stored.
    package var new: Int64 = 0
    /// Not stored, since the archive had them.
    package var known: Int64 = 0
    /// Stored, but nothing of the venue was recognised in them.
    package var unrecognised: Int64 = 0

    package init() {}

    mutating func add(_ other: ImportCounts) {
        new += other.new
        known += other.known
        unrecognised += other.unrecognised
    }
}

/// The messages of one file that stand after a later one.
package struct ImportDisorder: Sendable, Hashable {
    package let path: String
    package let messages: DisorderedMessages

    init(path: String, _ messages: DisorderedMessages) {
        self.path = path
        self.messages = messages
    }
}
