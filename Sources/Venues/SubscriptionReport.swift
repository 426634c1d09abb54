/// A client's subscriptions, compared with what it received from its tape.
package struct SubscriptionReport: Sendable, Hashable {
    /// A stream or a symbol, and its number of messages.
    package struct Count: Sendable, Hashable {
        package let name: String
        package let messages: Int64
    }

    /// The maximum number of listed names.
    ///
    /// Further names are only counted.
    package static let namesMax = 20

    /// The number of the client's subscriptions.
    package internal(set) var count = 0
    /// Messages that had passed before the client subscribed, since the tape started or last jumped.
    package private(set) var skipped: [Count] = []
    /// The number of all skipped messages, including those of unlisted names.
    package private(set) var skippedMessages: Int64 = 0
    /// The number of skipped messages since the client connected.
    package private(set) var skippedMessagesEver: Int64 = 0
    /// Names that the client asked for and the tape does not have.
    package private(set) var refused: [String] = []
    package private(set) var refusedCount = 0

    package init() {}

    mutating func noteSkipped(_ name: @autoclosure () -> String, messages: Int64) {
        guard messages > 0 else { return }
        skippedMessages += messages
        skippedMessagesEver += messages
        if skipped.count < Self.namesMax { skipped.append(Count(name: name(), messages: messages)) }
    }

    mutating func noteRefused(_ names: some Collection<String>) {
        refusedCount += names.count
        let room = Self.namesMax - refused.count
        refused += names.prefix(max(0, room)).map { String($0.prefix(64)) }
    }

    /// Resets the skipped counts, because the tape has jumped and nothing has passed since.
    mutating func forgetSkipped() {
        skipped = []
        skippedMessages = 0
    }
}
