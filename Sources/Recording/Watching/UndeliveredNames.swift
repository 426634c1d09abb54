/// What a feed has requested but not received since it started.
///
/// Every connection starts with nothing delivered, but a name that any connection delivered counts as arrived for good.
struct UndeliveredNames: Sendable {
    /// A name is reported if it has not arrived after this time on a subscribed connection.
    let patience: Duration
    /// `nil` before the first connection.
    private var pending: Set<String>?
    /// All names that were reported, and in `last` those of the latest report.
    private var reported: Set<String> = []
    private var last: Set<String> = []

    init(patience: Duration) {
        self.patience = patience
    }

    /// A report for the user.
    struct News: Hashable, Sendable {
        var names: [String]
        /// True if some names are reported for the first time; otherwise the report lists the remaining names.
        var isFirst: Bool
    }

    /// True if everything has arrived.
    var isComplete: Bool { pending?.isEmpty ?? false }

    /// Notes the names that a connection has not delivered.
    mutating func note(_ names: [String]) {
        pending = pending?.intersection(names) ?? Set(names)
    }

    /// What has changed since the last call; `nil` if nothing has.
    ///
    /// `time` is how long the connection has been subscribed while the market was open. A name is not due until its own
    /// market has been open for long enough.
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
