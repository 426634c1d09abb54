import JSONScanning
package import MarketModel
package import SignalRProtocol

extension MT4HubSession {
    package mutating func call(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal {
        let isStream = record.type == .streamInvocation
        guard let target = record.target, let method = target.withText({ MT4Method($0) }) else {
            refuse(record, "Unknown hub method '\(record.target?.text ?? "")'", replies: &replies)
            return .none
        }
        let name = target.text ?? ""
        guard !conversation.behavior.isUnauthorized else {
            refuse(record, "Failed to invoke '\(name)' because user is unauthorized", replies: &replies)
            return .none
        }
        guard isStream == (method.streamedItem != nil) else {
            let text =
                isStream
                ? "The client attempted to invoke the non-streaming '\(name)' method with a streaming invocation."
                : "The client attempted to invoke the streaming '\(name)' method with a non-streaming invocation."
            refuse(record, text, replies: &replies)
            return .none
        }
        guard let arguments = Arguments(record.arguments, of: method, bindsObjects: conversation.behavior.bindsObjects)
        else {
            refuse(record, "Failed to invoke '\(name)' due to an error on the server.", replies: &replies)
            return .none
        }
        if let kind = method.streamedItem { return openStream(of: kind, for: record, replies: &replies) }
        if method == .subscribeToTicks || method == .subscribeToAllTicks,
            let recorded = conversation.behavior.recorded, !recorded.hasTicks
        {
            refuse(record, "this recording has no \(method.name)", replies: &replies)
            return .none
        }
        if method == .subscribeToTicks, let symbol = arguments.symbol,
            let reason = offer?.refusal(ofSymbols: [symbol])
        {
            report.noteRefused([symbol])
            refuse(record, reason, replies: &replies)
            return .none
        }
        guard apply(method, symbol: arguments.symbol) else {
            refuse(record, "An unexpected error occurred invoking '\(name)' on the server.", replies: &replies)
            return .none
        }
        if let id = record.invocationID {
            conversation.appendCompletion(of: id, .result(method == .connect ? "true" : "null"), to: &replies)
        }
        return method == .connect ? .none : .subscriptionsChanged
    }

    /// Ends a stream because the client cancels it.
    ///
    /// The stream still gets a completion.
    package mutating func cancel(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal {
        guard let id = record.invocationID, let index = streamIndex(of: id) else { return .none }
        wanted.streams.remove(at: index)
        noteSubscription()
        conversation.appendCompletion(of: id, .void, to: &replies)
        return .subscriptionsChanged
    }

    // MARK: Helpers

    private func refuse(_ record: HubRecord, _ text: String, replies: inout MessageBatch) {
        conversation.refuse(record, text, replies: &replies)
    }

    private func streamIndex(of id: UnsafeRawBufferPointer) -> Int? {
        wanted.streams.firstIndex { $0.invocationID.elementsEqual(id) }
    }

    private mutating func openStream(
        of kind: MT4ItemKind,
        for record: HubRecord,
        replies: inout MessageBatch
    ) -> SessionSignal {
        guard let id = record.invocationID else { return .none }
        guard conversation.behavior.recorded?.has(kind) ?? true else {
            refuse(record, "this recording has no \(kind.method.name)", replies: &replies)
            return .none
        }
        guard streamIndex(of: id) == nil else {
            let text = String(decoding: id, as: UTF8.self).filter { $0 != "\"" }
            refuse(record, "Invocation ID '\(text)' is already in use.", replies: &replies)
            return .none
        }
        guard wanted.streams.count < Self.streamsMax else {
            refuse(record, "More than \(Self.streamsMax) streams at once.", replies: &replies)
            return .none
        }
        wanted.streams.append(MT4Wanted.Stream(kind: kind, invocationID: Array(id)))
        report.noteSkipped("\(kind.method.name)", messages: itemsPassed.removeValue(forKey: kind) ?? 0)
        noteSubscription()
        return .subscriptionsChanged
    }

    /// Changes ``wanted``; returns false if a limit forbids it.
    private mutating func apply(_ method: MT4Method, symbol: String?) -> Bool {
        switch method {
        case .subscribeToTicks:
            guard let symbol else {
                wantAllTicks()
                break
            }
            guard want(symbol) else { return false }
        case .unsubscribeFromTicks:
            if let symbol { unwant(symbol) } else { unwantAll() }
        case .subscribeToAllTicks: wantAllTicks()
        case .unsubscribeFromAllTicks: wanted.isAllTicks = false
        case .subscribeToSymbols: wanted.isSymbolUpdates = true
        case .unsubscribeFromSymbols: wanted.isSymbolUpdates = false
        case .subscribeToOnlineUpdates: wanted.isOnlineUpdates = true
        case .unsubscribeFromOnlineUpdates: wanted.isOnlineUpdates = false
        case .connect, .streamTrades, .streamAllTicks, .streamMarginCallUpdates, .streamUserUpdates: return true
        }
        noteSubscription()
        return true
    }

    private mutating func noteSubscription() {
        hasSubscribed = true
        report.count = wanted.count
    }

    private mutating func wantAllTicks() {
        guard !wanted.isAllTicks else { return }
        wanted.isAllTicks = true
        report.noteSkipped("all ticks", messages: subscriptions.passed)
        subscriptions.forgetPassed()
    }

    private mutating func want(_ symbol: String) -> Bool {
        guard wanted.symbols.count < Self.symbolsMax, let number = number(of: symbol) else { return false }
        guard let passed = subscriptions.add(number) else { return true }
        report.noteSkipped(symbol, messages: wanted.isAllTicks ? 0 : passed)
        wanted.symbols.append(symbol)
        return true
    }

    private mutating func unwant(_ symbol: String) {
        guard let number = symbols.find(symbol), let place = subscriptions.remove(Int(number.value)) else { return }
        wanted.symbols.swapAt(place, wanted.symbols.count - 1)
        wanted.symbols.removeLast()
    }

    private mutating func unwantAll() {
        wanted.isAllTicks = false
        wanted.symbols = []
        subscriptions.removeAll()
    }

    /// Returns the number of `symbol`; `nil` for a new symbol if there are too many.
    private mutating func number(of symbol: String) -> Int? {
        if let known = symbols.find(symbol) { return Int(known.value) }
        return symbols.count < Self.symbolsKnownMax ? Int(symbols.intern(symbol).value) : nil
    }
}

/// The arguments of a call, as `[{tradePlatform, symbol}]` or as `[platform, symbol]`.
///
/// The page shows both.
private struct Arguments {
    /// `nil` means every symbol.
    var symbol: String?

    /// Returns `nil` if the arguments do not bind.
    init?(_ bytes: UnsafeRawBufferPointer?, of method: MT4Method, bindsObjects: Bool) {
        guard let bytes else { return nil }
        do throws(JSONError) {
            guard try read(bytes, hasSymbol: method != .connect, bindsObjects: bindsObjects) else { return nil }
        } catch {
            return nil
        }
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        hasSymbol: Bool,
        bindsObjects: Bool
    ) throws(JSONError) -> Bool {
        var cursor = JSONCursor(bytes)
        try cursor.enterArray()
        guard try cursor.nextElement() else { return false }
        let first = try cursor.nextValue()
        if first.kind == .object {
            guard bindsObjects, hasSymbol ? try readObject(first.bytes) : true else { return false }
            return try !cursor.nextElement()
        }
        guard first.kind == .string || first.isNull else { return false }
        guard try cursor.nextElement() else { return true }
        let second = try cursor.nextValue()
        guard try !cursor.nextElement() else { return false }
        return hasSymbol ? take(second) : true
    }

    private mutating func readObject(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equalsIgnoringCase("symbol"), !take(value) { return false }
        }
        return true
    }

    private mutating func take(_ value: JSONValue) -> Bool {
        switch value.kind {
        case .string: symbol = value.text
        case .null: symbol = nil
        default: return false
        }
        return true
    }
}
