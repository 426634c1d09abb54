import Recording
import Telemetry

/// All figures of a recorder, for Prometheus.
struct MetricsPage {
    private typealias Feed = (name: String, venue: String, figures: FeedFigures)

    /// The buckets of the durations of transactions.
    static let commitBuckets = HistogramBuckets([
        "0.001": .milliseconds(1), "0.0025": .microseconds(2500), "0.005": .milliseconds(5), "0.01": .milliseconds(10),
        "0.025": .milliseconds(25), "0.05": .milliseconds(50), "0.1": .milliseconds(100), "0.25": .milliseconds(250),
        "0.5": .milliseconds(500), "1.0": .seconds(1), "2.5": .milliseconds(2500), "5.0": .seconds(5),
        "10.0": .seconds(10),
    ])

    private var page = PrometheusText()

    static func text(of monitor: RecorderMonitor, process: ProcessFigures) -> String {
        let uptime = monitor.uptime()
        let feeds: [Feed] = monitor.feeds.map { ($0.name, $0.venue, $0.figures) }
        var page = MetricsPage()
        page.addProcess(process, uptime: uptime)
        page.addStorage(monitor.storage)
        page.addCounts(feeds)
        page.addGaps(feeds)
        page.addDelivery(feeds)
        page.addState(feeds, uptime: uptime)
        return page.page.text
    }

    private mutating func addProcess(_ process: ProcessFigures, uptime: Duration) {
        page.family("feedrec_build_info", .gauge, "The program; always 1.")
        page.sample("feedrec_build_info", 1, ["version": process.version])
        page.single("feedrec_uptime_seconds", .gauge, "Time since the recorder started.", uptime / .seconds(1))
        page.single(
            "process_resident_memory_bytes",
            .gauge,
            "Resident memory.",
            process.residentBytes.map(Double.init)
        )
        page.single("process_cpu_seconds_total", .counter, "CPU time of all threads.", process.cpuSeconds)
        page.single(
            "feedrec_log_lines_lost_total",
            .counter,
            "Log lines lost because standard error was not read.",
            Double(process.logLinesLost)
        )
        page.single(
            "feedrec_disk_free_bytes",
            .gauge,
            "Free space on the archive's disk.",
            process.diskFreeBytes.map(Double.init)
        )
        page.single(
            "feedrec_wal_bytes",
            .gauge,
            "Size of the recording's write-ahead log.",
            process.walBytes.map(Double.init)
        )
    }

    private mutating func addStorage(_ storage: StorageFigures) {
        page.histogram("feedrec_commit_seconds", "Duration of transactions.", storage.commits, in: Self.commitBuckets)
        page.single(
            "feedrec_queue_depth",
            .gauge,
            "Jobs queued for the writer.",
            Double(storage.queueDepth)
        )
        page.single(
            "feedrec_journal_bytes",
            .gauge,
            "Bytes of the journal in use, in steps of one segment (8 MiB).",
            storage.journalBytes.map(Double.init)
        )
        page.single(
            "feedrec_journal_limit_bytes",
            .gauge,
            "Maximum size of the journal.",
            storage.journalBytesMax.map(Double.init)
        )
        page.single(
            "feedrec_halted",
            .gauge,
            "1 while nothing can be stored, for example because the disk is full.",
            storage.halt == nil ? 0 : 1
        )
        page.single(
            "feedrec_clock_offset_seconds",
            .gauge,
            "The clock offset that the kernel is correcting.",
            storage.clock.map { $0.offset / .seconds(1) }
        )
        page.single(
            "feedrec_clock_error_seconds",
            .gauge,
            "Maximum error of the kernel's clock.",
            storage.clock.map { $0.error / .seconds(1) }
        )
        page.single(
            "feedrec_clock_synchronized",
            .gauge,
            "1 while the clock is synchronised, otherwise 0.",
            storage.clock.map { $0.isSynchronized ? 1 : 0 }
        )
        page.single("feedrec_clock_steps_total", .counter, "Steps of the wall clock.", Double(storage.clockSteps))
    }

    private mutating func addCounts(_ feeds: [Feed]) {
        let counters: [(name: String, help: String, value: (FeedFigures) -> Int64)] = [
            ("feedrec_messages_received_total", "Messages received.", { $0.totals.messagesReceived }),
            ("feedrec_messages_sent_total", "Messages sent.", { $0.totals.messagesSent }),
            ("feedrec_bytes_received_total", "Payload bytes received.", { $0.totals.bytesReceived }),
            ("feedrec_data_messages_total", "Messages that carried data.", { $0.totals.dataMessages }),
            ("feedrec_margin_updates_total", "Margin updates stored.", { $0.totals.marginUpdates }),
            ("feedrec_bars_total", "Bars built.", { $0.totals.bars }),
            ("feedrec_events_total", "Other events stored.", { $0.totals.events }),
            ("feedrec_oddities_total", "Messages that could not be read.", { $0.totals.oddities }),
            ("feedrec_late_ticks_total", "Ticks too late for their bars.", { $0.totals.lateTicks }),
            (
                "feedrec_ticks_ahead_total", "Ticks whose times are more than 5 s ahead of their receive times.",
                { $0.totals.ticksAhead }
            ),
            ("feedrec_connections_total", "Connections opened.", { $0.connections }),
            ("feedrec_disconnections_total", "Connections lost or closed.", { $0.disconnections }),
            ("feedrec_failed_attempts_total", "Attempts that made no connection.", { $0.failedAttempts }),
        ]
        for counter in counters where !feeds.isEmpty {
            page.family(counter.name, .counter, counter.help)
            for feed in feeds { page.sample(counter.name, count: counter.value(feed.figures), ["feed": feed.name]) }
        }
        guard !feeds.isEmpty else { return }
        page.family("feedrec_ticks_total", .counter, "Ticks stored.")
        for feed in feeds {
            page.sample("feedrec_ticks_total", count: feed.figures.totals.quotes, ["feed": feed.name, "kind": "quote"])
            page.sample("feedrec_ticks_total", count: feed.figures.totals.trades, ["feed": feed.name, "kind": "trade"])
        }
    }

    private mutating func addGaps(_ feeds: [Feed]) {
        guard !feeds.isEmpty else { return }
        page.family("feedrec_gaps_total", .counter, "Gaps, by cause.")
        for feed in feeds {
            for (cause, count) in feed.figures.gaps.sorted(by: { $0.key < $1.key }) {
                page.sample("feedrec_gaps_total", count: count, ["feed": feed.name, "cause": cause])
            }
        }
        page.family("feedrec_gap_open", .gauge, "1 while data is missing.")
        for feed in feeds {
            page.sample("feedrec_gap_open", feed.figures.openGaps.isEmpty ? 0 : 1, ["feed": feed.name])
        }
    }

    private mutating func addDelivery(_ feeds: [Feed]) {
        guard !feeds.isEmpty else { return }
        page.family("feedrec_undelivered", .gauge, "Requested streams and symbols that have not delivered any data.")
        for feed in feeds {
            page.sample("feedrec_undelivered", count: Int64(feed.figures.undelivered.count), ["feed": feed.name])
        }
        page.family("feedrec_refused", .gauge, "Requested streams and symbols that the venue refused.")
        for feed in feeds {
            page.sample("feedrec_refused", count: Int64(feed.figures.refused.count), ["feed": feed.name])
        }
    }

    private mutating func addState(_ feeds: [Feed], uptime: Duration) {
        guard !feeds.isEmpty else { return }
        page.family("feedrec_feed_state", .gauge, "1 for the current state of the feed, otherwise 0.")
        for feed in feeds {
            for state in FeedState.allCases {
                let labels: KeyValuePairs = ["feed": feed.name, "venue": feed.venue, "state": state.rawValue]
                page.sample("feedrec_feed_state", feed.figures.state == state ? 1 : 0, labels)
            }
        }
        page.family("feedrec_market_open", .gauge, "0 while the sessions of the feed say that its market is closed.")
        for feed in feeds {
            page.sample("feedrec_market_open", feed.figures.isMarketClosed ? 0 : 1, ["feed": feed.name])
        }
        let ages: [(name: String, help: String, value: (FeedFigures) -> Duration?)] = [
            (
                "feedrec_last_message_age_seconds", "Time since the last message.",
                { $0.lastMessage.map { uptime - $0 } }
            ),
            ("feedrec_last_data_age_seconds", "Time since the last data.", { $0.lastData.map { uptime - $0 } }),
            ("feedrec_latency_seconds", "Our time minus the venue's, for the latest tick.", { $0.totals.latency }),
        ]
        for age in ages {
            page.family(age.name, .gauge, age.help)
            for feed in feeds {
                guard let value = age.value(feed.figures) else { continue }
                page.sample(age.name, value / .seconds(1), ["feed": feed.name])
            }
        }
    }
}
