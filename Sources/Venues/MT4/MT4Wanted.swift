/// What one client of the hub asked for and still wants.
package struct MT4Wanted: Sendable, Hashable {
    /// A stream that is open.
    package struct Stream: Sendable, Hashable {
        package let kind: MT4ItemKind
        /// JSON text of the id the client gave it, quotes included.
        package let invocationID: [UInt8]
    }

    /// Symbols of `SubscribeToTicks`; an unsubscription moves the last one into its place.
    package var symbols: [String] = []
    /// True after `SubscribeToAllTicks`, and after `SubscribeToTicks` without a symbol.
    package var isAllTicks = false
    package var isSymbolUpdates = false
    package var isOnlineUpdates = false
    /// Streams in the order they were opened.
    package var streams: [Stream] = []

    package init() {}

    /// True if the client wants nothing, or nothing any more.
    package var isEmpty: Bool { count == 0 }

    /// How many subscriptions and streams there are.
    package var count: Int {
        symbols.count + streams.count + [isAllTicks, isSymbolUpdates, isOnlineUpdates].count { $0 }
    }
}
