package import MarketModel

/// The API key of an account, ready to log in with.
///
/// feedrec's venues have no cryptography, no clock and no random source: the executable gives them all three.
package struct AccountKeys: Sendable {
    /// A part of an API key, as the venue hands it out.
    package enum Part: String, Sendable, Hashable, CaseIterable {
        /// The public half, which names the key.
        case key
        /// The half that signs.
        case secret
        /// A word that some venues require as well.
        case passphrase
    }

    /// How a secret signs.
    package enum Algorithm: Sendable, Hashable {
        case hmac, ed25519
    }

    package var key: String
    /// Empty if the account has none.
    package var passphrase = ""
    package var algorithm = Algorithm.hmac
    /// Returns the bytes of the signature of a text: HMAC-SHA256 or Ed25519; `nil` without a secret.
    package var sign: (@Sendable (_ text: String) -> [UInt8])?
    /// The wall clock: venues refuse a signature whose time is wrong.
    package var now: @Sendable () -> UnixNanoseconds
    /// Returns a word that is used only once.
    package var makeNonce: @Sendable () -> String

    package init(
        key: String,
        now: @escaping @Sendable () -> UnixNanoseconds,
        makeNonce: @escaping @Sendable () -> String
    ) {
        self.key = key
        self.now = now
        self.makeNonce = makeNonce
    }

    // MARK: Uses

    /// The signature of a text; empty without a secret.
    func signature(of text: String) -> [UInt8] { sign?(text) ?? [] }

    /// True if a time of a request, in milliseconds since 1970, is at most `tolerance` milliseconds from now.
    func isNow(_ time: Int64, tolerance: UInt64) -> Bool {
        let (distance, isTooFar) = time.subtractingReportingOverflow(milliseconds)
        return !isTooFar && distance.magnitude <= tolerance
    }

    /// The wall clock in milliseconds since 1970.
    var milliseconds: Int64 { now().rawValue / 1_000_000 }
}

/// Without these, a description or a dump would show the key.
extension AccountKeys: CustomStringConvertible, CustomReflectable {
    package var description: String { "an API key" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
