import Archive
import MarketModel
import Recording
import Transport

/// Writes the events of feeds to the structured log.
struct RecordingLog: Sendable {
    let log: Log

    func report(_ report: RecorderReport, feed: String) {
        // What concerns no feed has no name to show.
        let feed = feed.isEmpty ? nil : LogValue.text(feed)
        switch report {
        case .connected(let url, let info):
            log.info(
                "connected",
                [
                    "feed": feed, "url": .text(url), "remote": info.remoteAddress.map(LogValue.text),
                    "tls": info.tlsVersion.map(LogValue.text), "cipher": info.cipher.map(LogValue.text),
                ]
            )
        case .subscribed: log.info("subscribed", ["feed": feed])
        case .disconnected(let reason, let delay):
            log.warning("disconnected", ["feed": feed, "reason": .text(reason), "retry_in": .duration(delay)])
        case .heldOff(let delay, let until):
            log.warning(
                "venue asks to wait",
                ["feed": feed, "for": .duration(delay), "until": .text("\(until)")]
            )
        case .spareSubscribed: log.info("second connection subscribed", ["feed": feed])
        case .spareLost(let reason, let delay):
            log.warning(
                "second connection lost",
                ["feed": feed, "reason": .text(reason), "retry_in": .duration(delay)]
            )
        case .renewed: log.info("connection renewed", ["feed": feed])
        case .gapBegan(let cause): log.warning("gap began", ["feed": feed, "cause": .text(cause)])
        case .gapEnded(let cause): log.info("gap ended", ["feed": feed, "cause": .text(cause)])
        case .marketClosed(let opensAt):
            log.info("market closed", ["feed": feed, "opens_at": opensAt.map { .text("\($0)") }])
        case .marketOpened(let closesAt):
            log.info("market opened", ["feed": feed, "closes_at": closesAt.map { .text("\($0)") }])
        case .clockStepped(let step): log.warning("clock stepped", ["by": .duration(step)])
        case .clockSampled(let reading):
            log.debug(
                "clock sampled",
                [
                    "offset": .duration(reading.offset), "error": .duration(reading.error),
                    "synchronized": .boolean(reading.isSynchronized),
                ]
            )
        case .paused(let reason): log.error("storing paused", ["reason": .text(reason)])
        case .lockedOut(let reason): log.warning("storing held up", ["reason": .text(reason)])
        case .resumed: log.info("storing resumed")
        case .rotated(let file): log.info("file started", ["file": .text(file)])
        case .fileLost(let reason): log.error("file lost", ["reason": .text(reason)])
        case .rotationFailed(let reason): log.warning("file not started", ["reason": .text(reason)])
        case .sealingFailed(let reason): log.warning("sealing failed", ["reason": .text(reason)])
        case .sealed(let file): log.info("sealed", ["file": .text(file)])
        case .pruned(let outcome): log.info("pruned", ["what": .text(PruneCommand.line(of: outcome, isDryRun: false))])
        case .pruningFailed(let reason): log.warning("pruning failed", ["reason": .text(reason)])
        case .logHeld(let bytes): log.warning("write-ahead log held by a reader", ["bytes": .integer(bytes)])
        case .logFreed: log.info("write-ahead log small again")
        case .journal(.good): log.info("journal works again")
        case .journal(.full(bytesMax: let bytes)): log.error("journal full", ["limit_bytes": .integer(Int64(bytes))])
        case .journal(.failed(let error)): log.error("journal failed", ["reason": .text("\(error)")])
        case .undelivered(let names, isFirst: true, let reason):
            log.warning(
                "nothing has arrived",
                [
                    "feed": feed, "of": .text(Suggestion.list(names)), "count": .integer(Int64(names.count)),
                    "reason": reason.map(LogValue.text),
                ]
            )
        case .undelivered([], _, _): log.info("everything has arrived", ["feed": feed])
        case .undelivered: break
        case .notice(let text): log.warning("notice", ["feed": feed, "text": .text(text)])
        case .overloaded(let rule): log.error("overloaded", ["feed": feed, "rule": .text(rule.rawValue)])
        case .caughtUp(let waited, let leftOut):
            log.info("caught up", ["feed": feed, "waited": .duration(waited), "left_out": .integer(leftOut)])
        case .progress, .committed: break
        }
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
