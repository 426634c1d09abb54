/// What a gap is about.
///
/// Gaps of different groups may be open at the same time; of each group there is one at most.
enum GapGroup: Sendable, Hashable, CaseIterable {
    /// No connection brings messages.
    case connection
    /// The venue has no data itself, over a connection that is in good health.
    case venue
    /// Messages arrive, but cannot be stored.
    case storage
}

extension GapCause {
    /// `nil` for a cause whose gaps have both of their ends from the start.
    var group: GapGroup? {
        switch self {
        case .disconnect, .silence, .noPong, .noAck, .refused, .renewal, .restart: .connection
        case .upstream: .venue
        case .diskFull, .readOnly, .overload: .storage
        case .sequence, .removed: nil
        }
    }
}
