import Archive
import BarBuilding
import MarketModel
import Transport
import Venues
import WebSocketProtocol

// Converts feedrec's own types into rows.

extension BarRow {
    init(_ bar: Bar, notionalDigits: UInt8) {
        self.init(
            instrumentID: bar.instrumentID,
            side: bar.side,
            intervalNS: bar.interval.nanoseconds,
            tsOpen: UnixNanoseconds(bar.tsOpen),
            tsClose: UnixNanoseconds(bar.tsClose),
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            tickCount: bar.tickCount,
            volume: bar.volume,
            takerBuyVolume: bar.takerBuyVolume,
            notional: bar.notional.map { Self.text(of: $0, digits: notionalDigits) },
            isComplete: bar.isComplete,
            timeSource: bar.timeSource
        )
    }

    /// Plain decimal text without trailing zeros.
    private static func text(of notional: Int128, digits: UInt8) -> String {
        var magnitude = notional.magnitude
        var digits = digits
        while digits > 0, magnitude.isMultiple(of: 10) {
            magnitude /= 10
            digits -= 1
        }
        var text: [UInt8] = []
        DecimalText.write(magnitude: magnitude, isNegative: notional < 0, digits: digits, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

extension FeedRow {
    init(sessionID: Int64, _ feed: FeedConfiguration) {
        self.init(
            sessionID: sessionID,
            name: feed.name,
            venue: feed.venue.name,
            url: feed.url,
            subscription: feed.subscription
        )
    }
}

extension ConnectionOpened {
    init(feedID: Int64, tsOpened: UnixNanoseconds, _ info: ConnectionInfo) {
        self.init(feedID: feedID, tsOpened: tsOpened)
        localAddress = info.localAddress
        remoteAddress = info.remoteAddress
        tlsVersion = info.tlsVersion
        tlsCipher = info.cipher
        certificateSHA256 = info.certificateFingerprint
        proxy = info.proxy
        certificateExpires = info.certificateExpiry
        subprotocol = info.subprotocol
        extensions = info.extensions.isEmpty ? nil : info.extensions.joined(separator: ", ")
        connectNS = info.connectDuration?.wholeNanoseconds
        tlsNS = info.tlsDuration?.wholeNanoseconds
        upgradeNS = info.handshakeDuration?.wholeNanoseconds
    }
}

extension ConnectionClosed {
    init(connectionID: Int64, tsClosed: UnixNanoseconds, _ closing: CloseInfo, _ statistics: WebSocketStatistics) {
        let closer: ConnectionCloser =
            switch closing.initiator {
            case .local: .local
            case .remote: .remote
            case .none: .none
            }
        self.init(connectionID: connectionID, tsClosed: tsClosed, closedBy: closer)
        messagesReceived = Int64(clamping: statistics.messagesReceived)
        messagesSent = Int64(clamping: statistics.messagesSent)
        bytesReceived = Int64(clamping: statistics.bytesReceived)
        bytesSent = Int64(clamping: statistics.bytesSent)
        closeCode = Int64(closing.code)
        closeReason = closing.reason
    }
}

extension SessionCounts {
    init(_ totals: CaptureTotals) {
        self.init()
        messagesReceived = totals.messagesReceived
        messagesSent = totals.messagesSent
        quoteCount = totals.quotes
        tradeCount = totals.trades
        marginUpdateCount = totals.marginUpdates
        barCount = totals.bars
        eventCount = totals.events - totals.oddities
        oddityCount = totals.oddities
        gapCount = totals.gapRows
    }
}
