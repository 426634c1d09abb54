/// What a client asked for, compared with what it got of its tape.
package struct SubscriptionReport: Sendable, Hashable {
    /// A stream or a symbol, and how many messages of it there were.
    package struct Count: Sendable, Hashable {
        package let name: String
        package let messages: Int64
    }

    /// More names than this are counted, but not listed.
    package static let namesMax = 20

    /// How many subscriptions the client has.
    package internal(set) var count = 0
    /// What had passed before the client subscribed to it, since the tape began or was last sought.
    package private(set) var skipped: [Count] = []
    /// Messages of all that was skipped, listed or not.
    package private(set) var skippedMessages: Int64 = 0
    /// The same since the client connected.
    package private(set) var skippedMessagesEver: Int64 = 0
    /// What the client asked for and the tape lacks.
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

    /// The tape goes on from elsewhere: nothing of it has passed yet.
    mutating func forgetSkipped() {
        skipped = []
        skippedMessages = 0
    }
}
