import Archive
package import Interchange

/// Where the receive times of imported messages come from.
package enum ReceiveTimeSource: String, Sendable, Hashable {
    /// The file has them.
    case recorded
    /// The file has none. Each message has the latest time of the venue up to there, so that times never go back;
    /// messages before the first time of the venue have that one.
    case venue
    /// The file has times of a monotonic clock. They are shifted so that the first message with a time of the venue
    /// has that time.
    case monotonic

    package init(_ clock: MessageLineFormat.Clock) {
        switch clock {
        case .wall: self = .recorded
        case .monotonic: self = .monotonic
        case .none: self = .venue
        }
    }
}

extension SessionStart {
    /// A session whose configuration also has the member `receive_times`.
    func with(_ source: ReceiveTimeSource) -> SessionStart {
        var session = self
        let members = configuration.dropFirst().dropLast()
        let comma = members.isEmpty ? "" : ","
        session.configuration = #"{\#(members)\#(comma)"receive_times":"\#(source.rawValue)"}"#
        return session
    }
}
