/// Command lines for the simulated MT4 hub.
enum MT4 {
    static let path = "/hubs/mt4/v1"
    static let platform = "D7C53A8B-2F6C-4F09-9D2B-0F5A3C1E7A11"

    /// `record` for the quotes and margins of the hub at `url`.
    static func record(_ url: String, into archive: String) -> [String] {
        [
            "record", "--venue", "mt4", "--url", url + path, "--trade-platform", platform, "--all-symbols", "--margin",
            "--archive", archive,
        ]
    }

    /// `record` for every subscription of a hub.
    static func recordEverything(_ url: String, into archive: String) -> [String] {
        record(url, into: archive) + [
            "--all-ticks", "--symbol", "EURUSD", "--symbol-updates", "--online-updates", "--trades", "--user-updates",
        ]
    }

    /// True for messages of a tape: the hub's calls and stream items, not answers and pings.
    static func isData(_ payload: String?) -> Bool {
        payload.map { $0.hasPrefix(#"{"type":1,"#) || $0.hasPrefix(#"{"type":2,"#) } ?? false
    }
}
