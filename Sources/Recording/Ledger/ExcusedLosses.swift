/// Losses that a closed market has excused so far: they become gaps if they last beyond the opening.
struct ExcusedLosses: Sendable {
    struct Loss: Hashable, Sendable {
        let cause: GapCause
        let detail: String
        let connectionID: Int64?
    }

    private var losses: [GapGroup: Loss] = [:]

    /// Notes a loss; of several in a group the first stays.
    mutating func excuse(_ loss: Loss) {
        guard let group = loss.cause.group, losses[group] == nil else { return }
        losses[group] = loss
    }

    /// The loss of a group is over before it cost anything.
    mutating func forget(_ group: GapGroup) {
        losses[group] = nil
    }

    /// What is left of a group at the opening.
    mutating func take(_ group: GapGroup) -> Loss? {
        losses.removeValue(forKey: group)
    }
}
