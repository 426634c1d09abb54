import Recording

/// Writes the events of feeds to the structured log.
struct RecordingLog: Sendable {
    let log: Log

    func report(_ report: RecorderReport, feed: String) {
        guard let event = report.words(feed: feed).event else { return }
        log.write(event.level, event.name, event.facts)
    }

    func started(file: String?, feeds: [String], metrics: String?) {
        log.info(
            "recording",
            [
                "file": file.map(LogValue.text), "feeds": .text(feeds.joined(separator: ",")),
                "metrics": metrics.map(LogValue.text),
            ]
        )
    }

    func ended(_ outcome: RecordingOutcome) {
        let totals = outcome.totals
        log.info(
            "ended",
            [
                "cause": .text(outcome.cause.rawValue), "messages_received": .integer(totals.messagesReceived),
                "quotes": .integer(totals.quotes), "trades": .integer(totals.trades),
                "margin_updates": .integer(totals.marginUpdates), "bars": .integer(totals.bars),
                "oddities": .integer(totals.oddities), "gaps": .integer(totals.gaps),
            ]
        )
    }
}
