import JSONScanning

/// The hub's methods (`/hubs/mt4/v1`).
///
/// Names match in any case, as on the .NET server.
enum MT4Method: CaseIterable, Hashable, Sendable {
    case connect
    case subscribeToTicks
    case unsubscribeFromTicks
    case subscribeToAllTicks
    case unsubscribeFromAllTicks
    case subscribeToSymbols
    case unsubscribeFromSymbols
    case subscribeToOnlineUpdates
    case unsubscribeFromOnlineUpdates
    case streamTrades
    case streamAllTicks
    case streamMarginCallUpdates
    case streamUserUpdates

    /// Finds the method called `name`.
    init?(_ name: UnsafeRawBufferPointer) {
        guard let method = Self.allCases.first(where: { name.equalsIgnoringCase($0.name) }) else { return nil }
        self = method
    }

    /// The name as spelled in the published interface.
    var name: StaticString {
        switch self {
        case .connect: "Connect"
        case .subscribeToTicks: "SubscribeToTicks"
        case .unsubscribeFromTicks: "UnsubscribeFromTicks"
        case .subscribeToAllTicks: "SubscribeToAllTicks"
        case .unsubscribeFromAllTicks: "UnsubscribeFromAllTicks"
        case .subscribeToSymbols: "SubscribeToSymbols"
        case .unsubscribeFromSymbols: "UnsubscribeFromSymbols"
        case .subscribeToOnlineUpdates: "SubscribeToOnlineUpdates"
        case .unsubscribeFromOnlineUpdates: "UnsubscribeFromOnlineUpdates"
        case .streamTrades: "StreamTrades"
        case .streamAllTicks: "StreamAllTicks"
        case .streamMarginCallUpdates: "StreamMarginCallUpdates"
        case .streamUserUpdates: "StreamUserUpdates"
        }
    }

    /// The kind of items that the method streams; `nil` for methods that answer once.
    var streamedItem: MT4ItemKind? {
        switch self {
        case .streamTrades: .trade
        case .streamAllTicks: .symbolInfo
        case .streamMarginCallUpdates: .marginLevel
        case .streamUserUpdates: .userUpdate
        default: nil
        }
    }
}

/// The kind of a stream item.
///
/// Its members decide, because a recorded ID means nothing without the calls.
package enum MT4ItemKind: Hashable, Sendable, CaseIterable {
    case symbolInfo
    case marginLevel
    case trade
    case userUpdate

    /// The method that streams this kind.
    var method: MT4Method {
        switch self {
        case .symbolInfo: .streamAllTicks
        case .marginLevel: .streamMarginCallUpdates
        case .trade: .streamTrades
        case .userUpdate: .streamUserUpdates
        }
    }
}

/// The hub's callbacks that have their own handling.
///
/// Names match in any case.
enum MT4Callback: Hashable, Sendable {
    case tick
    case ticks
    case ticksOHLC
    case marginUpdate
    case symbolUpdate
    case onlineUpdate

    init?(_ target: UnsafeRawBufferPointer) {
        if target.equalsIgnoringCase("OnTick") {
            self = .tick
        } else if target.equalsIgnoringCase("OnTicks") {
            self = .ticks
        } else if target.equalsIgnoringCase("OnMarginUpdate") {
            self = .marginUpdate
        } else if target.equalsIgnoringCase("OnTicksOHLC") {
            self = .ticksOHLC
        } else if target.equalsIgnoringCase("OnSymbolUpdate") {
            self = .symbolUpdate
        } else if target.equalsIgnoringCase("OnOnlineUpdate") {
            self = .onlineUpdate
        } else {
            return nil
        }
    }
}
