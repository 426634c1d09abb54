import MarketModel

extension BookKeeper {
    mutating func applySnapshot(_ message: BookMessage, levels: [BookLevel]) -> BookOutcome.Effect {
        counts.snapshots += 1
        guard levels.indices.covers(message.levels) else { return refuse(BookInvalidity(.unreadable)) }
        if case .request(let offset) = rule.start {
            return applyRequested(message, levels: levels, offset: offset)
        }
        received = message.last
        let wasValid = isValid
        last = message.last
        awaited = nil
        staleRun = 0
        if let failure = replace(with: message, levels: levels) ?? finish(checksum: message.checksum) {
            return refuse(failure)
        }
        return begin(wasValid: wasValid)
    }

    /// Applies a snapshot that was requested, and the changes that came before its answer.
    private mutating func applyRequested(
        _ message: BookMessage,
        levels: [BookLevel],
        offset: Int64
    ) -> BookOutcome.Effect {
        guard let number = message.last else { return refuse(BookInvalidity(.unreadable)) }
        // The changes between an older snapshot and the book are gone, so the book is the better one.
        if isValid, let last, number < last { return .stale }
        let awaited = number &+ offset
        if let found = numberAfterHole(snapshot: number, awaited: awaited) {
            return refuse(BookInvalidity(.oldSnapshot, expected: awaited, found: found), keepsWaiting: true)
        }
        let wasValid = isValid
        last = number
        self.awaited = awaited
        staleRun = 0
        if let failure = replace(with: message, levels: levels) ?? applyWaiting() ?? finish(checksum: message.checksum)
        {
            return refuse(failure)
        }
        return begin(wasValid: wasValid)
    }

    /// The first number of the waiting change that should follow the snapshot, if it does not.
    private func numberAfterHole(snapshot: Int64, awaited: Int64) -> Int64? {
        for change in waiting.messages {
            guard let last = change.last else { return nil }
            if last < awaited { continue }
            let first = change.first ?? last
            let follows = first <= awaited || (rule.chain == .previous && change.previous == snapshot)
            return follows ? nil : first
        }
        return nil
    }

    /// Applies the waiting changes to the snapshot in the book.
    private mutating func applyWaiting() -> BookInvalidity? {
        let changes = waiting
        waiting.release()
        for change in changes.messages {
            switch continuity(of: change) {
            case .stale: counts.stale += 1
            case .broken(let expected, let found): return BookInvalidity(.sequence, expected: expected, found: found)
            case .next:
                guard applyLevels(of: change, in: changes.levels) else { return BookInvalidity(.unreadable) }
                noteApplied(change)
            }
        }
        return nil
    }

    /// Replaces the book with the levels of a snapshot.
    private mutating func replace(with message: BookMessage, levels: [BookLevel]) -> BookInvalidity? {
        book.removeAll()
        for index in message.levels {
            guard levels[index].size.mantissa >= 0 else { return BookInvalidity(.unreadable) }
            book.apply(levels[index])
        }
        return nil
    }

    private mutating func begin(wasValid: Bool) -> BookOutcome.Effect {
        invalidity = nil
        counts.states += 1
        return .state(began: !wasValid)
    }

    /// Rejects a snapshot; a book that was valid no longer is.
    private mutating func refuse(_ reason: BookInvalidity, keepsWaiting: Bool = false) -> BookOutcome.Effect {
        if isValid { return fail(reason) }
        if !keepsWaiting { waiting.removeAll() }
        forget(reason)
        return .refused
    }
}
