import JSONScanning

/// The figures of a replay server in the text format of Prometheus.
enum MetricsText {
    private static let lateness: [(text: String, nanoseconds: Int64)] = [
        ("0.00001", 10_000), ("0.00002", 20_000), ("0.00005", 50_000), ("0.0001", 100_000), ("0.0002", 200_000),
        ("0.0005", 500_000), ("0.001", 1_000_000), ("0.002", 2_000_000), ("0.005", 5_000_000), ("0.01", 10_000_000),
        ("0.1", 100_000_000), ("1", 1_000_000_000),
    ]

    private static func samples(_ name: String, _ histogram: LatenessHistogram) -> [String] {
        let name = "feedrec_replay_\(name)"
        let buckets = lateness.map { #"\#(name)_bucket{le="\#($0.text)"} \#(histogram.count(upTo: $0.nanoseconds))"# }
        return buckets + [
            #"\#(name)_bucket{le="+Inf"} \#(histogram.count)"#,
            "\(name)_sum \(Double(histogram.sum) / 1e9)",
            "\(name)_count \(histogram.count)",
        ]
    }

    static func text(of registry: SessionRegistry) -> String {
        let totals = registry.totals
        let sessions = registry.all
        var lines: [String] = []
        func add(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            lines.append("# HELP feedrec_replay_\(name) \(help)")
            lines.append("# TYPE feedrec_replay_\(name) \(type)")
            for sample in samples { lines.append("feedrec_replay_\(name)\(sample.labels) \(sample.value)") }
        }
        add("sessions", "gauge", "Connected clients.", [("", "\(sessions.count)")])
        add("sessions_total", "counter", "Clients connected since the start.", [("", "\(totals.sessions)")])
        add("messages_total", "counter", "Tape messages sent.", [("", "\(totals.messages)")])
        add("bytes_total", "counter", "Tape payload bytes sent.", [("", "\(totals.bytes)")])
        add("commands_total", "counter", "Commands accepted.", [("", "\(totals.commands)")])
        add("slow_closes_total", "counter", "Clients closed for being slow.", [("", "\(totals.slowCloses)")])
        add(
            "skipped_messages_total",
            "counter",
            "Messages that passed before a client subscribed to them.",
            [("", "\(totals.skipped)")]
        )
        add(
            "refused_subscriptions_total",
            "counter",
            "Subscriptions refused because the tape has no such data.",
            [("", "\(totals.refused)")]
        )
        add("lateness_seconds", "histogram", "Time from the deadline of a message to its hand-over to the kernel.", [])
        lines += samples("lateness_seconds", totals.lateness)
        add("write_seconds", "histogram", "Time taken to hand messages to the kernel.", [])
        lines += samples("write_seconds", totals.writes)
        let labelled = sessions.map { record in
            (labels: #"{session="\#(record.id)",protocol="\#(record.name)"}"#, figures: record.figures)
        }
        add(
            "lag_seconds",
            "gauge",
            "How far a client is behind its clock.",
            labelled.map { ($0.labels, "\(Double($0.figures.lag) / 1e9)") }
        )
        add(
            "session_messages_total",
            "counter",
            "Messages of its tape sent to a connected client.",
            labelled.map { ($0.labels, "\($0.figures.messages)") }
        )
        return lines.joined(separator: "\n") + "\n"
    }
}
