package import Recording

extension RecorderMonitor {
    /// Updates the figures of a feed from a report.
    ///
    /// Reports arrive at least four times a second.
    ///
    /// If the venue acknowledges nothing, the feed counts as subscribed as soon as it is connected.
    package func note(_ report: RecorderReport, of feed: FeedMonitor, isAcknowledged: Bool) {
        let uptime = uptime()
        update { $0.tickedAt = uptime }
        switch report {
        case .connected:
            feed.enter(isAcknowledged ? .subscribing : .recording, at: uptime)
            feed.update { figures in
                figures.connections += 1
                figures.nextAttempt = nil
            }
        case .subscribed:
            feed.enter(.recording, at: uptime)
            feed.update { $0.refused[RecorderReport.loginName] = nil }
        case .heldOff(let delay, _): feed.update { $0.heldOffUntil = uptime + delay }
        case .disconnected(let reason, let delay):
            feed.update { $0.countEnd() }
            feed.enter(.waiting, at: uptime)
            feed.update { figures in
                figures.lastFailure = reason
                figures.nextAttempt = uptime + delay
            }
        case .progress(let totals):
            feed.update { figures in
                if totals.messagesReceived != figures.totals.messagesReceived { figures.lastMessage = uptime }
                if totals.dataMessages != figures.totals.dataMessages { figures.lastData = uptime }
                figures.totals = totals
            }
        case .gapBegan(let cause):
            feed.update { figures in
                figures.gaps[cause, default: 0] += 1
                let isPoint = cause == GapCause.sequence.rawValue || cause == GapCause.checksum.rawValue
                if !isPoint { figures.openGaps.append(cause) }
            }
        case .undelivered(let names, _, _): feed.update { $0.undelivered = names }
        case .refused(let name, let reason): feed.update { $0.refused[name] = reason }
        case .gapEnded(let cause):
            feed.update { figures in figures.openGaps.removeAll { $0 == cause } }
        case .marketClosed(let opensAt):
            feed.update { $0.market = MarketFigures(isOpen: false, since: uptime, until: opensAt) }
        case .marketOpened(let closesAt):
            feed.update { $0.market = MarketFigures(isOpen: true, since: uptime, until: closesAt) }
        default: break
        }
    }
}
