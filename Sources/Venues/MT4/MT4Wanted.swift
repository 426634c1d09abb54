/// The current subscriptions of one client of the hub.
package struct MT4Wanted: Sendable, Hashable {
    /// An open stream.
    package struct Stream: Sendable, Hashable {
        package let kind: MT4ItemKind
        /// The JSON text of the client's ID for the stream, including quotes.
        package let invocationID: [UInt8]
    }

    /// Symbols of `SubscribeToTicks`.
    ///
    /// When one is removed, the last one takes its position.
    package var symbols: [String] = []
    /// True after `SubscribeToAllTicks`, and after `SubscribeToTicks` without a symbol.
    package var isAllTicks = false
    package var isSymbolUpdates = false
    package var isOnlineUpdates = false
    /// Streams in the order they were opened.
    package var streams: [Stream] = []

    package init() {}

    /// True if there is no subscription at present.
    package var isEmpty: Bool { count == 0 }

    /// The number of subscriptions and streams.
    package var count: Int {
        symbols.count + streams.count + [isAllTicks, isSymbolUpdates, isOnlineUpdates].count { $0 }
    }
}
