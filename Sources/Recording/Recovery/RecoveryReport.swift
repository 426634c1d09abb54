/// The result of a recovery.
package struct RecoveryReport: Sendable, Hashable {
    /// The number of messages that were only in the journal.
    package var messages: Int64 = 0
    /// The recordings that got them.
    package var files: [String] = []
    /// The names of recordings that are gone or could not take their messages, which are in other files now.
    package var replacedFiles: [String] = []
    package var killedSessions = 0
    /// The damaged parts of the journal, one line each.
    package var damages: [String] = []
    /// Other warnings for the user, one line each.
    package var warnings: [String] = []
    /// The number of messages that no recording could take.
    package var strayMessages: Int64 = 0
    /// The directory with the segments that no recording could take; `nil` if there are none.
    package var asideDirectory: String?

    package init() {}

    package var isEmpty: Bool { self == RecoveryReport() }
}
