/// What a feed was asked for and has not brought since it was begun.
///
/// Every connection begins without anything; what one connection brought has arrived for good.
struct UndeliveredNames: Sendable {
    /// A name that has not arrived after this time of a subscribed connection is reported.
    let patience: Duration
    /// `nil` before the first connection.
    private var pending: Set<String>?
    /// What was reported, and what the last report named.
    private var reported: Set<String> = []
    private var last: Set<String> = []

    init(patience: Duration) {
        self.patience = patience
    }

    /// What a person should know now.
    struct News: Hashable, Sendable {
        var names: [String]
        /// True if some of the names are reported for the first time; other reports say what is left.
        var isFirst: Bool
    }

    /// True when nothing more has to arrive.
    var isComplete: Bool { pending?.isEmpty ?? false }

    /// Takes what a connection has not brought.
    mutating func note(_ names: [String]) {
        pending = pending?.intersection(names) ?? Set(names)
    }

    /// What has changed since the last call, for a connection that has been subscribed for `time` while the market was
    /// open; `nil` for nothing.
    ///
    /// A name whose own market has not been open for long enough is not waited for.
    mutating func news(afterSubscribed time: Duration, isDue: (String) -> Bool = { _ in true }) -> News? {
        guard let pending else { return nil }
        var names = reported.intersection(pending)
        if time >= patience { names.formUnion(pending.filter { !reported.contains($0) && isDue($0) }) }
        guard names != last else { return nil }
        let isFirst = !names.isSubset(of: reported)
        reported.formUnion(names)
        last = names
        return News(names: names.sorted(), isFirst: isFirst)
    }
}
