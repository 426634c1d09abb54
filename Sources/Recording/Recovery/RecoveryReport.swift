/// What recovery found and did.
package struct RecoveryReport: Sendable, Hashable {
    /// Messages that were in the journal only.
    package var messages: Int64 = 0
    /// Recordings that got them.
    package var files: [String] = []
    /// Names of recordings that are gone, or could not take their messages: others took them.
    package var replacedFiles: [String] = []
    package var killedSessions = 0
    /// What of the journal was not whole, one line each.
    package var damages: [String] = []
    /// What else a person should know, one line each.
    package var warnings: [String] = []
    /// Messages that no recording could take.
    package var strayMessages: Int64 = 0
    /// Where the segments are that no recording could take; `nil` if there are none.
    package var asideDirectory: String?

    package init() {}

    package var isEmpty: Bool { self == RecoveryReport() }
}
