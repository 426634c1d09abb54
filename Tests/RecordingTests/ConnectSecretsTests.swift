import Testing
import Transport

@testable import Recording

struct ConnectSecretsTests {
    private static func secrets(_ target: String, _ others: String...) -> ConnectSecrets {
        var secrets = ConnectSecrets(url: WebSocketURL(isSecure: false, host: "h", port: 80, target: target))
        for secret in others { secrets.add(secret) }
        return secrets
    }

    @Test("secrets are removed, the longest first, even percent-encoded and cut off at the end")
    func removed() {
        let secrets = Self.secrets("/hub?key=SECRET-query-1", "SECRET-ours", "SECRET-ours+/=")
        #expect(secrets.removed(from: "a SECRET-ours+/= b") == "a *** b")
        #expect(secrets.removed(from: "SECRET-ours%2B%2F%3D.") == "***.")
        #expect(secrets.removed(from: "key=SECRET-query-1 and SECRET-query-1") == "*** and ***")
        #expect(secrets.removed(from: "cut: SECRET-o") == "cut: ***")
        #expect(secrets.removed(from: "cut: SEC") == "cut: SEC")
        #expect(secrets.removed(from: "ünchanged") == "ünchanged")
    }

    @Test("C2 removal takes linear time in a long query")
    func longQuery() {
        let query = (0..<20_000).map { "symbol\($0)usdt@trade" }.joined(separator: "/")
        let secrets = Self.secrets("/stream?streams=\(query)")
        let answer = "the server answered 414 URI Too Long: " + query.prefix(200)
        // With a quadratic algorithm, the query's 400,000 bytes took hours.
        #expect(secrets.removed(from: answer) == "the server answered 414 URI Too Long: ***")
        #expect(secrets.removed(from: "the server answered 414") == "the server answered 414")
    }

    @Test("kind 10 removal takes linear time in the number of query values")
    func manyValues() {
        let items = (0..<5000).map { "k\($0)=SECRET-value-\($0)" }.joined(separator: "&")
        let secrets = Self.secrets("/hub?\(items)")
        #expect(secrets.removed(from: "no SECRET-value-4999, no SECRET-value-7!") == "no ***, no ***!")
    }

    @Test("kind 10 removal takes linear time in a text full of beginnings of secrets")
    func manyBeginnings() {
        let secrets = Self.secrets("/hub", String(repeating: "ab", count: 1000) + "c")
        let text = String(repeating: "ab", count: 2000) + "!"
        #expect(secrets.removed(from: text) == text)
    }
}
