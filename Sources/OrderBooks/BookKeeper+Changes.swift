import MarketModel

extension BookKeeper {
    /// How a change stands to the book.
    enum Continuity {
        case next
        case stale
        case broken(expected: Int64?, found: Int64?)
    }

    mutating func applyChange(_ message: BookMessage, levels: [BookLevel]) -> BookOutcome.Effect {
        counts.changes += 1
        let continuesReceived = noteReceived(message)
        guard levels.indices.covers(message.levels) else { return fail(BookInvalidity(.unreadable)) }
        guard isValid else {
            wait(message, levels: levels, continuesReceived: continuesReceived)
            return .waiting
        }
        switch continuity(of: message) {
        case .next: return applyNext(message, levels: levels)
        case .stale: return passOver(message)
        case .broken(let expected, let found):
            let effect = fail(BookInvalidity(.sequence, expected: expected, found: found))
            wait(message, levels: levels, continuesReceived: true)
            return effect
        }
    }

    /// Compares the numbers of `message` with those of the message before it.
    ///
    /// - Returns: False if a message is missing between the two.
    private mutating func noteReceived(_ message: BookMessage) -> Bool {
        guard rule.chain != .none else { return true }
        defer { received = message.last }
        guard let received else { return true }
        guard let last = message.last else { return false }
        let isNext = isNext(message, after: received)
        // The same message twice breaks nothing.
        if last == received, !isNext { return true }
        counts.chainChecked += 1
        if isNext { return true }
        counts.chainBreaks += 1
        return false
    }

    private func isNext(_ message: BookMessage, after last: Int64) -> Bool {
        switch rule.chain {
        case .none: true
        case .following: (message.first ?? message.last) == last &+ 1
        case .previous: message.previous == last
        }
    }

    /// Compares the numbers of `message` with those of the book.
    func continuity(of message: BookMessage) -> Continuity {
        guard rule.chain != .none else { return .next }
        guard let last, let messageLast = message.last else {
            // Captures from before a venue numbered its messages have no numbers at all.
            if last == nil, message.last == nil { return .next }
            return .broken(expected: last, found: message.last)
        }
        let first = message.first ?? messageLast
        if first > messageLast { return .broken(expected: last, found: first) }
        if let awaited { return continuity(of: first...messageLast, previous: message.previous, awaited: awaited) }
        if isNext(message, after: last) { return .next }
        if messageLast == last || (isRequested && messageLast < last) { return .stale }
        if rule.chain == .previous { return .broken(expected: last, found: message.previous) }
        return .broken(expected: last &+ 1, found: first)
    }

    /// The rule for the first change after a requested snapshot.
    ///
    /// It may begin before the end of the snapshot: its sizes are absolute, so all of it is applied.
    private func continuity(of numbers: ClosedRange<Int64>, previous: Int64?, awaited: Int64) -> Continuity {
        if numbers.upperBound < awaited { return .stale }
        if numbers.lowerBound <= awaited { return .next }
        // Numbers that jump may leave out the awaited one, but a change that names the snapshot as the one before it
        // follows it.
        if rule.chain == .previous, previous == last { return .next }
        return .broken(expected: awaited, found: numbers.lowerBound)
    }

    /// True if snapshots are requested, so that changes may be older than their snapshot.
    var isRequested: Bool {
        if case .request = rule.start { return true }
        return false
    }

    private mutating func applyNext(_ message: BookMessage, levels: [BookLevel]) -> BookOutcome.Effect {
        guard applyLevels(of: message, in: levels) else { return fail(BookInvalidity(.unreadable)) }
        if let failure = finish(checksum: message.checksum) { return fail(failure) }
        noteApplied(message)
        counts.states += 1
        return .state(began: false)
    }

    /// Ignores an old message, but not without end.
    private mutating func passOver(_ message: BookMessage) -> BookOutcome.Effect {
        staleRun += 1
        guard staleRun > (awaited == nil ? Self.staleRunMax : ChangeBuffer.messagesMax) else {
            counts.stale += 1
            return .stale
        }
        return fail(BookInvalidity(.sequence, expected: last.map { $0 &+ 1 }, found: message.last))
    }

    mutating func noteApplied(_ message: BookMessage) {
        counts.applied += 1
        last = message.last
        awaited = nil
        staleRun = 0
    }

    /// Applies the levels in their order; returns false if a size is negative.
    mutating func applyLevels(of message: BookMessage, in levels: [BookLevel]) -> Bool {
        for index in message.levels {
            let level = levels[index]
            guard level.size.mantissa >= 0 else { return false }
            if book.apply(level) == .absent { counts.unknownRemovals += 1 }
        }
        return true
    }

    /// Keeps a change until a requested snapshot comes; a hole before it empties the buffer.
    private mutating func wait(_ message: BookMessage, levels: [BookLevel], continuesReceived: Bool) {
        guard isRequested else { return }
        if !continuesReceived { waiting.removeAll() }
        waiting.append(message, levels: levels[message.levels])
    }
}

extension Range<Int> {
    /// True if all of `range` is inside; an empty range may lie at the end.
    func covers(_ range: Range<Int>) -> Bool { range.lowerBound >= lowerBound && range.upperBound <= upperBound }
}
