import Synchronization

/// The certificate and key of a server, which can be replaced while it runs.
///
/// Established connections keep theirs; later connections use the current one. Sessions that started with the old
/// certificate can still be resumed.
package final class TLSServerIdentity: Sendable {
    private struct State {
        var certificateFile: String
        var keyFile: String
        var identity: TLSIdentity
    }

    private let state: Mutex<State>

    /// Reads PEM files; throws like ``TLSIdentity``.
    package init(certificateFile: String, keyFile: String) throws(TLSError) {
        state = Mutex(try Self.load(certificateFile, keyFile))
    }

    /// The identity for the next connection.
    package var current: TLSIdentity { state.withLock(\.identity) }

    /// Reads the same files again; after an error the old certificate stays.
    package func reload() throws(TLSError) {
        let (certificateFile, keyFile) = state.withLock { ($0.certificateFile, $0.keyFile) }
        try replace(certificateFile: certificateFile, keyFile: keyFile)
    }

    /// Reads other files, which ``reload()`` then uses too; after an error nothing changes.
    package func replace(certificateFile: String, keyFile: String) throws(TLSError) {
        let new = try Self.load(certificateFile, keyFile)
        state.withLock { $0 = new }
    }

    private static func load(_ certificateFile: String, _ keyFile: String) throws(TLSError) -> State {
        let identity = try TLSIdentity(certificateFile: certificateFile, keyFile: keyFile)
        return State(certificateFile: certificateFile, keyFile: keyFile, identity: identity)
    }
}
