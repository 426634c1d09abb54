/// A part of an archive that can be removed separately.
package enum RetentionTier: String, Hashable, Sendable, CaseIterable {
    /// The raw messages, from which the other tiers can be rebuilt.
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

/// How long, or how much of, a tier is kept.
package enum RetentionLimit: Hashable, Sendable {
    case keep
    /// Recordings whose newest message is older than this lose the tier.
    case age(Duration)
    /// The newest recordings keep this many bytes of the tier in total; older recordings lose it.
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

/// What pruning did to one recording, or would do in a dry run.
package struct PruneOutcome: Hashable, Sendable {
    package let file: String
    /// The removed tiers, with their size in the file, in bytes.
    package internal(set) var tiers: [RetentionTier: Int64] = [:]
    /// The number of removed rows; for ``RetentionTier/raw``, of messages.
    package internal(set) var rows: [RetentionTier: Int64] = [:]
    package internal(set) var fileBytesBefore: Int64 = 0
    /// The same as before if nothing was changed.
    package internal(set) var fileBytesAfter: Int64 = 0
    /// True if the recording was skipped because it is being written.
    package internal(set) var isWritten = false
}
