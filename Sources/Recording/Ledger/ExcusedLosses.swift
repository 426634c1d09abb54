/// Losses while the market is closed: they become gaps if they last until the opening.
struct ExcusedLosses: Sendable {
    struct Loss: Hashable, Sendable {
        let cause: GapCause
        let detail: String
        let connectionID: Int64?
    }

    private var losses: [GapGroup: Loss] = [:]

    /// Notes a loss; the first one of a group stays.
    mutating func excuse(_ loss: Loss) {
        guard let group = loss.cause.group, losses[group] == nil else { return }
        losses[group] = loss
    }

    /// Forgets the loss of a group, which ended before the opening.
    mutating func forget(_ group: GapGroup) {
        losses[group] = nil
    }

    /// Returns and removes the loss of a group, at the opening.
    mutating func take(_ group: GapGroup) -> Loss? {
        losses.removeValue(forKey: group)
    }
}
