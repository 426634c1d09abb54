/// What of an archive can be given up by itself.
package enum RetentionTier: String, Hashable, Sendable, CaseIterable {
    /// The raw messages, from which the rest can be made again.
    case raw
    /// Quotes, trades, margin updates and events.
    case ticks
    case bars

    var tables: [String] {
        switch self {
        case .raw: ["message_block"]
        case .ticks: ["quote", "trade", "margin_update", "venue_bar", "order_update", "event"]
        case .bars: ["bar"]
        }
    }
}

/// How long, or how much of it, something is kept.
package enum RetentionLimit: Hashable, Sendable {
    case keep
    /// Recordings whose newest message is older than this lose the tier.
    case age(Duration)
    /// The newest recordings with this many bytes of the tier together keep it, older ones lose it.
    case bytes(Int64)
}

/// A limit for each tier.
package struct RetentionPolicy: Hashable, Sendable {
    package var limits: [RetentionTier: RetentionLimit]

    package init(raw: RetentionLimit = .keep, ticks: RetentionLimit = .keep, bars: RetentionLimit = .keep) {
        limits = [.raw: raw, .ticks: ticks, .bars: bars]
    }

    subscript(tier: RetentionTier) -> RetentionLimit { limits[tier] ?? .keep }
}

/// What pruning did to one recording, or would do.
package struct PruneOutcome: Hashable, Sendable {
    package let file: String
    /// What it loses, with the bytes that takes in the file.
    package internal(set) var tiers: [RetentionTier: Int64] = [:]
    /// Rows (of raw: messages) that it loses.
    package internal(set) var rows: [RetentionTier: Int64] = [:]
    package internal(set) var fileBytesBefore: Int64 = 0
    /// As before where nothing was changed.
    package internal(set) var fileBytesAfter: Int64 = 0
    /// True where it was left alone because somebody writes it.
    package internal(set) var isWritten = false
}
