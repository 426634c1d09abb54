import JSONScanning
import MarketModel
import SignalRProtocol

extension MT4HubSession {
    package mutating func restrict(toSymbols symbols: Set<String>) {
        isSymbolAllowed = []
        for symbol in symbols {
            let place = Int(self.symbols.intern(symbol).value)
            while isSymbolAllowed?.count ?? .max <= place { isSymbolAllowed?.append(false) }
            isSymbolAllowed?[place] = true
        }
    }

    /// True for a subscribed symbol, and for an element without a symbol, which belongs to no subscription.
    ///
    /// With `isCounted`, the tick counts as delivered or as passed.
    mutating func isWanted(_ symbol: JSONValue?, isCounted: Bool = true) -> Bool {
        guard let symbol, symbol.kind == .string else { return true }
        let place = place(of: symbol)
        guard isAllowed(place) else { return false }
        if wanted.isAllTicks { return true }
        return isCounted ? subscriptions.note(place) : subscriptions.contains(place)
    }

    /// False if the session is restricted to other symbols.
    mutating func isAllowed(_ symbol: JSONValue?) -> Bool {
        guard isSymbolAllowed != nil, let symbol, symbol.kind == .string else { return true }
        return isAllowed(place(of: symbol))
    }

    /// Checks an `OnSymbolUpdate`.
    ///
    /// Its `symbol` is an object that has the name under the same key.
    mutating func isUpdateAllowed(_ record: HubRecord) -> Bool {
        guard isSymbolAllowed != nil, let arguments = record.argumentList,
            let details = (try? MT4Arguments.tickFields(in: arguments))?.symbol
        else { return true }
        guard details.kind == .object else { return isAllowed(details) }
        return isAllowed((try? MT4Fields(details.bytes))?.symbol)
    }

    private func isAllowed(_ place: Int) -> Bool {
        guard let isSymbolAllowed else { return true }
        return place < isSymbolAllowed.count && isSymbolAllowed[place]
    }

    /// Returns the number of the symbol.
    ///
    /// Allocates only if the symbol is new or escaped.
    private mutating func place(of symbol: JSONValue) -> Int {
        symbol.withText { Int(symbols.intern($0).value) }
    }
}
