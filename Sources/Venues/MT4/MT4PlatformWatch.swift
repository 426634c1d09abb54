import JSONScanning

/// Compares the trade platforms that messages name with the one that was asked for.
///
/// Messages of other platforms are stored, but what was asked for counts as missing.
struct MT4PlatformWatch: Sendable {
    private static let nameCharactersMax = 100

    /// The trade platform that was asked for; empty if there is none.
    let asked: String
    /// True once everything that was asked for has arrived: ticks need no further comparison.
    var isSettled = false
    private let askedBytes: [UInt8]
    /// True after a message that names the platform.
    private(set) var hasArrived = false
    /// The first other platform that a message named.
    private var other: String?
    /// The other platform whose data has arrived, until ``takeNotice()``.
    private var unreported: String?
    private var isReported = false

    init(asked: String) {
        self.asked = asked
        askedBytes = Array(asked.utf8)
    }

    /// True for a tick of the platform that was asked for; a message without a platform counts as such.
    mutating func isOwnTick(_ platform: JSONValue?) -> Bool {
        isSettled ? true : isOwn(platform)
    }

    /// True for a message of the platform that was asked for; a message without a platform counts as such.
    ///
    /// A hub may report the state of all its platforms, so a message without data leads to no notice.
    mutating func isOwn(_ platform: JSONValue?, hasData: Bool = true) -> Bool {
        guard !askedBytes.isEmpty, let platform, platform.kind == .string, !platform.bytes.isEmpty else { return true }
        if platform.bytes.elementsEqual(askedBytes) || isAsked(platform) {
            hasArrived = true
            return true
        }
        guard other == nil || hasData && !isReported, let name = platform.text else { return false }
        let shown = String(name.prefix(Self.nameCharactersMax))
        if other == nil { other = shown }
        if hasData, !isReported { unreported = shown }
        return false
    }

    /// Names that differ only in case are equal.
    private func isAsked(_ platform: JSONValue) -> Bool {
        platform.text?.lowercased() == asked.lowercased()
    }

    /// Returns a notice, once, if data of another platform arrives.
    mutating func takeNotice() -> String? {
        guard let name = unreported else { return nil }
        unreported = nil
        isReported = true
        let what = "data of the trade platform '\(name)' arrives, but '\(asked)' was asked for"
        return what + ": is the trade platform right?"
    }

    /// Why nothing of what was asked for has arrived; `nil` if the platform is not the reason.
    var reason: String? {
        guard !askedBytes.isEmpty, !hasArrived else { return nil }
        guard let other else { return "no message of the trade platform '\(asked)' has arrived" }
        return "messages are of the trade platform '\(other)', not of '\(asked)'"
    }
}
