import MarketModel
import Venues

extension AccountKeys {
    /// A key whose signature shows the signed text; the clock stands at `seconds` since 1970.
    static func sample(_ key: String = "KEY", at seconds: Int64 = 1) -> AccountKeys {
        var keys = AccountKeys(
            key: key,
            now: { UnixNanoseconds(seconds * 1_000_000_000) },
            makeNonce: { "nonce" }
        )
        keys.passphrase = "pass"
        keys.sign = { Array("signed(\($0))".utf8) }
        return keys
    }
}
