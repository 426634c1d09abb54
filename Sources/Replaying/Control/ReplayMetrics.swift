import Telemetry

/// The figures of a replay server in the text format of Prometheus.
enum ReplayMetrics {
    private static let buckets = HistogramBuckets([
        "0.00001": .microseconds(10), "0.00002": .microseconds(20), "0.00005": .microseconds(50),
        "0.0001": .microseconds(100), "0.0002": .microseconds(200), "0.0005": .microseconds(500),
        "0.001": .milliseconds(1), "0.002": .milliseconds(2), "0.005": .milliseconds(5), "0.01": .milliseconds(10),
        "0.1": .milliseconds(100), "1": .seconds(1),
    ])

    static func text(of registry: SessionRegistry) -> String {
        let totals = registry.totals
        let sessions = registry.all
        var page = PrometheusText()
        page.single("feedrec_replay_sessions", .gauge, "Connected clients.", count: sessions.count)
        let counters: [(name: String, help: String, count: Int64)] = [
            ("sessions", "Clients connected since the start.", totals.sessions),
            ("messages", "Tape messages sent.", totals.messages),
            ("bytes", "Tape payload bytes sent.", totals.bytes),
            ("commands", "Commands accepted.", totals.commands),
            ("slow_closes", "Clients closed for being slow.", totals.slowCloses),
            ("skipped_messages", "Messages that passed before a client subscribed to them.", totals.skipped),
            (
                "refused_subscriptions", "Subscriptions refused because the tape has no such data.",
                totals.refused
            ),
        ]
        for (name, help, count) in counters {
            page.single("feedrec_replay_\(name)_total", .counter, help, count: count)
        }
        page.histogram(
            "feedrec_replay_lateness_seconds",
            "Time from the deadline of a message to its hand-over to the kernel.",
            totals.lateness,
            in: buckets
        )
        page.histogram(
            "feedrec_replay_write_seconds",
            "Time taken to hand messages to the kernel.",
            totals.writes,
            in: buckets
        )
        add(sessions, to: &page)
        return page.text
    }

    private static func add(_ sessions: [SessionRecord], to page: inout PrometheusText) {
        let labelled = sessions.map { session in
            (labels: ["session": "\(session.id)", "protocol": session.name] as KeyValuePairs, figures: session.figures)
        }
        let lag = "feedrec_replay_lag_seconds"
        page.family(lag, .gauge, "How far a client is behind its clock.")
        for (labels, figures) in labelled { page.sample(lag, Double(figures.lag) / 1e9, labels) }
        let messages = "feedrec_replay_session_messages_total"
        page.family(messages, .counter, "Messages of its tape sent to a connected client.")
        for (labels, figures) in labelled { page.sample(messages, count: figures.messages, labels) }
    }
}
