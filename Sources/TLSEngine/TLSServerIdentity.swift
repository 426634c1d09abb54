import Synchronization

/// The certificate and key that a server shows, which can be replaced while it runs.
///
/// Established connections keep what they began with; each later one takes what is current then. Sessions begun under
/// the old certificate can still be resumed.
package final class TLSServerIdentity: Sendable {
    private struct State {
        var certificateFile: String
        var keyFile: String
        var identity: TLSIdentity
    }

    private let state: Mutex<State>

    /// Reads PEM files; errors as of ``TLSIdentity``.
    package init(certificateFile: String, keyFile: String) throws(TLSError) {
        state = Mutex(try Self.load(certificateFile, keyFile))
    }

    /// What the next connection shows.
    package var current: TLSIdentity { state.withLock(\.identity) }

    /// Reads the same files again; after an error the old certificate stays.
    package func reload() throws(TLSError) {
        let (certificateFile, keyFile) = state.withLock { ($0.certificateFile, $0.keyFile) }
        try replace(certificateFile: certificateFile, keyFile: keyFile)
    }

    /// Reads other files, which ``reload()`` reads from then on; after an error all stays as it was.
    package func replace(certificateFile: String, keyFile: String) throws(TLSError) {
        let new = try Self.load(certificateFile, keyFile)
        state.withLock { $0 = new }
    }

    private static func load(_ certificateFile: String, _ keyFile: String) throws(TLSError) -> State {
        let identity = try TLSIdentity(certificateFile: certificateFile, keyFile: keyFile)
        return State(certificateFile: certificateFile, keyFile: keyFile, identity: identity)
    }
}
