import Synchronization
import Venues

/// IDs issued by negotiation.
///
/// Each is valid for one connection.
final class NegotiatedConnections: Sendable {
    enum Claim: Sendable {
        case granted, unknown, inUse
    }

    /// The maximum number of IDs.
    ///
    /// The oldest are forgotten, so that clients cannot fill the memory.
    private static let idsMax = 4096

    private struct State {
        var order: [String] = []
        var pending: Set<String> = []
        var used: Set<String> = []
        var partners: [String: String] = [:]
    }

    private let state = Mutex(State())

    /// Makes a connection ID and its secret token.
    func issue() -> ConnectionIDs {
        var generator = SystemRandomNumberGenerator()
        let connectionID = Self.randomText(&generator)
        let connectionToken = Self.randomText(&generator)
        state.withLock { state in
            for id in [connectionID, connectionToken] {
                state.pending.insert(id)
                state.order.append(id)
            }
            state.partners[connectionID] = connectionToken
            state.partners[connectionToken] = connectionID
            while state.order.count > Self.idsMax {
                let oldest = state.order.removeFirst()
                state.pending.remove(oldest)
                state.used.remove(oldest)
                state.partners[oldest] = nil
            }
        }
        return ConnectionIDs(connectionID: connectionID, connectionToken: connectionToken)
    }

    /// Uses up `id`, which may be either name of a connection: clients of negotiate version 0 send the connection ID.
    func claim(_ id: String) -> Claim {
        state.withLock { state in
            if state.used.contains(id) { return .inUse }
            guard state.pending.remove(id) != nil else { return .unknown }
            let partner = state.partners[id]
            if let partner { state.pending.remove(partner) }
            for name in [id, partner].compactMap({ $0 }) { state.used.insert(name) }
            return .granted
        }
    }

    private static func randomText(_ generator: inout SystemRandomNumberGenerator) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return String((0..<22).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
    }
}
