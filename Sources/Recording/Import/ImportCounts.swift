package import Interchange

/// The numbers of messages in an import, by how they were handled.
package struct ImportCounts: Sendable, Hashable {
    /// Messages that were stored.
    package var new: Int64 = 0
    /// Messages that were not stored, because the archive already had them.
    package var known: Int64 = 0
    /// Messages that were stored although nothing of the venue was recognised in them.
    package var unrecognised: Int64 = 0

    package init() {}

    mutating func add(_ other: ImportCounts) {
        new += other.new
        known += other.known
        unrecognised += other.unrecognised
    }
}

/// The messages of one file that come after a message with a later time.
package struct ImportDisorder: Sendable, Hashable {
    package let path: String
    package let messages: DisorderedMessages

    init(path: String, _ messages: DisorderedMessages) {
        self.path = path
        self.messages = messages
    }
}
