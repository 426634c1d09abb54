import Foundation
import MarketModel
import Recording
import Telemetry

/// The JSON answer of a running recorder to `feedrec status`.
package struct StatusDocument: Codable, Sendable {
    struct Feed: Codable, Sendable {
        var name: String
        var venue: String
        var url: String
        /// `closed` while the market is closed, whatever the state of the connection.
        var state: String
        var connectionState: String
        var isUp: Bool
        var stateSeconds: Double
        /// When the market opens (ISO 8601, UTC), if it is closed and the next opening is known.
        var marketOpensAt: String?
        /// When the market closes, if it has opened since the start and the next closing is known.
        var marketClosesAt: String?
        var messagesReceived: Int64
        var messagesPerSecond: Double
        var lastMessageAgeSeconds: Double?
        var lastDataAgeSeconds: Double?
        /// For the latest tick: our time minus the venue's time.
        ///
        /// Negative if one of the clocks is wrong.
        var latencySeconds: Double?
        var connections: Int64
        /// Connections that were lost or closed.
        var disconnections: Int64
        /// Attempts that made no connection; `nil` if the recorder is too old to count them.
        var failedAttempts: Int64?
        var lastFailure: String?
        /// Seconds until the next connection attempt.
        var nextAttemptSeconds: Double?
        /// Seconds for which the venue still asks us not to connect.
        var heldOffSeconds: Double?
        var gaps: [String: Int64]
        /// The causes of the open gaps.
        var openGap: String?
        /// What was asked for and has not arrived since the recording started, at least a minute ago.
        var undelivered: [String]
        /// What the venue refused, and its reasons.
        var refused: [String: String]
    }

    var version: String
    var process: Int32
    var archive: String
    var file: String?
    var uptimeSeconds: Double
    /// The reason why nothing can be stored at present.
    var halt: String?
    /// What happened to a file that was deleted or moved while it was being written, since the start.
    var loss: String?
    var feeds: [Feed]
    var queueDepth: Int
    var journalBytes: Int64?
    var journalLimitBytes: Int64?
    var walBytes: Int64?
    var commitP99Seconds: Double?
    var diskFreeBytes: Int64?
    var residentBytes: Int64?
    var clockOffsetSeconds: Double?
    var clockErrorSeconds: Double?
    var isClockSynchronized: Bool?
    var clockSteps: Int64
    /// Seconds since the recorder last ran its feeds.
    var idleSeconds: Double
    /// Log lines lost because standard error was not read.
    var logLinesLost: Int64
    /// See ``RecorderHealth``.
    var problems: [RecorderHealth.Problem] = []

    /// True if everything that was asked for is being recorded.
    package var isHealthy: Bool { problems.isEmpty }
}

extension StatusDocument {
    init(_ monitor: RecorderMonitor, archive: String, process figures: ProcessFigures) {
        let uptime = monitor.uptime()
        let storage = monitor.storage
        version = figures.version
        process = figures.processID
        self.archive = archive
        file = storage.file
        uptimeSeconds = uptime / .seconds(1)
        halt = storage.halt
        loss = storage.loss
        feeds = monitor.feeds.map { Feed($0, uptime: uptime) }
        queueDepth = storage.queueDepth
        journalBytes = storage.journalBytes
        journalLimitBytes = storage.journalBytesMax
        walBytes = figures.walBytes
        commitP99Seconds = MetricsPage.commitBuckets.quantile(0.99, of: storage.commits).map { $0 / .seconds(1) }
        diskFreeBytes = figures.diskFreeBytes
        residentBytes = figures.residentBytes
        clockOffsetSeconds = storage.clock.map { $0.offset / .seconds(1) }
        clockErrorSeconds = storage.clock.map { $0.error / .seconds(1) }
        isClockSynchronized = storage.clock?.isSynchronized
        clockSteps = storage.clockSteps
        idleSeconds = (uptime - storage.tickedAt) / .seconds(1)
        logLinesLost = figures.logLinesLost
        problems = RecorderHealth(self).problems
    }

    /// The document as JSON without line breaks.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    /// Reads the answer of a recorder.
    package init(json: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(StatusDocument.self, from: Data(json))
    }
}

extension StatusDocument.Feed {
    init(_ monitor: FeedMonitor, uptime: Duration) {
        let figures = monitor.figures
        func age(_ time: Duration?) -> Double? { time.map { (uptime - $0) / .seconds(1) } }
        name = monitor.name
        venue = monitor.venue
        url = monitor.url
        state = figures.state.rawValue
        connectionState = figures.connectionState.rawValue
        isUp = figures.state.isUp
        let changesAt = figures.market?.until?.iso8601
        marketOpensAt = figures.isMarketClosed ? changesAt : nil
        marketClosesAt = figures.isMarketClosed ? nil : changesAt
        stateSeconds = (uptime - figures.stateSince) / .seconds(1)
        messagesReceived = figures.totals.messagesReceived
        messagesPerSecond = (figures.messagesPerSecond * 10).rounded() / 10
        lastMessageAgeSeconds = age(figures.lastMessage)
        lastDataAgeSeconds = age(figures.lastData)
        latencySeconds = figures.totals.latency.map { $0 / .seconds(1) }
        connections = figures.connections
        disconnections = figures.disconnections
        failedAttempts = figures.failedAttempts
        lastFailure = figures.lastFailure
        nextAttemptSeconds = figures.nextAttempt.map { max(0, ($0 - uptime) / .seconds(1)) }
        heldOffSeconds = figures.heldOffUntil.flatMap { $0 > uptime ? ($0 - uptime) / .seconds(1) : nil }
        gaps = figures.gaps
        openGap = figures.openGaps.isEmpty ? nil : figures.openGaps.joined(separator: ", ")
        undelivered = figures.undelivered
        refused = figures.refused
    }
}
