/// The subject of a gap.
///
/// Gaps of different groups may be open at the same time, but at most one of each group.
enum GapGroup: Sendable, Hashable, CaseIterable {
    /// No connection delivers messages.
    case connection
    /// The venue has no data itself, although the connection is healthy.
    case venue
    /// Messages arrive but cannot be stored.
    case storage
}

extension GapCause {
    /// `nil` for a cause whose gaps have both ends from the start.
    var group: GapGroup? {
        switch self {
        case .disconnect, .silence, .noPong, .noAck, .refused, .renewal, .restart: .connection
        case .upstream: .venue
        case .diskFull, .readOnly, .overload: .storage
        case .sequence, .checksum, .removed: nil
        }
    }
}
