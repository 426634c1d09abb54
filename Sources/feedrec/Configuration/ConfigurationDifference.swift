/// What a reload changes.
struct ConfigurationDifference: Hashable, Sendable {
    var added: [FeedPlan] = []
    var removed: [FeedPlan] = []
    /// The feeds with their new settings; they reconnect.
    var changed: [FeedPlan] = []
    /// These feeds keep running.
    var unchanged: [FeedPlan] = []
    /// Options that take effect only after a restart, such as `archive`.
    var needRestart: [String] = []

    /// Compares two configurations.
    ///
    /// Feeds match by name. Each list keeps the order of its configuration.
    init(from old: RecorderConfiguration, to new: RecorderConfiguration) {
        for feed in new.feeds {
            guard let before = old.feeds.first(where: { $0.name == feed.name }) else {
                added.append(feed)
                continue
            }
            if before == feed { unchanged.append(feed) } else { changed.append(feed) }
        }
        removed = old.feeds.filter { feed in !new.feeds.contains { $0.name == feed.name } }
        func values(_ configuration: RecorderConfiguration) -> [String: String?] {
            let options = configuration.options.filter { $0.section != "feed" && $0.section != "log" }
            return Dictionary(
                options.map { ([$0.section, $0.key].filter { !$0.isEmpty }.joined(separator: "."), $0.value) }
            ) { $1 }
        }
        let (before, after) = (values(old), values(new))
        needRestart = after.keys.filter { before[$0] != after[$0] }.sorted()
    }

    var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
}
