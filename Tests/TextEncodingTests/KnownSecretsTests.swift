import Testing
import TextEncoding

struct KnownSecretsTests {
    private func removed(_ secrets: [String], _ text: String, isCut: Bool = false) -> String {
        let known = KnownSecrets(secrets)
        let result = known.removed(from: text, isCut: isCut)
        // Whole secrets are found by both ways of looking.
        let isFound = Array(text.utf8).withUnsafeBytes { known.areIn($0) }
        if !isCut { #expect(isFound == (result != text), "\(text)") }
        return result
    }

    @Test("a secret that contains another is removed as a whole, in any order of learning")
    func contained() {
        let secrets = ["0123456789", "0123456789-abcdefgh", "x-0123456789-abcdefgh-y", "abcdefgh-y"]
        for shift in secrets.indices {
            let order = Array(secrets[shift...] + secrets[..<shift])
            for order in [order, order.reversed()] {
                #expect(removed(order, "<x-0123456789-abcdefgh-y>") == "<***>", "\(order)")
                #expect(removed(order, "<0123456789-abcdefgh>") == "<***>", "\(order)")
                #expect(removed(order, "<0123456789-abcdef>") == "<***-abcdef>", "\(order)")
            }
        }
    }

    @Test("secrets that overlap are removed as one, and those side by side as two")
    func overlapping() {
        #expect(removed(["abcdefgh", "efghijkl"], "-abcdefghijkl-") == "-***-")
        #expect(removed(["abcdefgh", "ijklmnop"], "-abcdefghijklmnop-") == "-******-")
        #expect(removed(["aaaaaaaa"], "baaaaaaaaaab") == "b***b")
    }

    @Test("a secret of seven bytes is none, and one of eight is")
    func short() {
        var known = KnownSecrets()
        #expect(!known.add("") && !known.add("1234567") && known.isEmpty)
        #expect(known.removed(from: "1234567") == "1234567")
        #expect(known.add("12345678") && !known.add("12345678") && known.count == 1)
        #expect(known.removed(from: "a 12345678 b") == "a *** b")
    }

    @Test(
        "a secret is found in percent-encoding and with the escapes of JSON",
        arguments: [#"pa"ss\word+/="#, "K\u{e9}y-k\u{e9}y", "plain-secret"]
    )
    func encoded(secret: String) {
        let escaped = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        for form in [secret, PercentEncoding.encode(secret), escaped] {
            #expect(removed([secret], "(\(form))") == "(***)", "\(form)")
        }
    }

    @Test("a secret that is cut at the end is removed if four bytes of it are left")
    func cut() {
        #expect(removed(["SECRET-token"], "see SECRET-tok", isCut: true) == "see ***")
        #expect(removed(["SECRET-token"], "see SECR", isCut: true) == "see ***")
        #expect(removed(["SECRET-token"], "see SEC", isCut: true) == "see SEC")
        #expect(removed(["SECRET-token"], "see SECRET-tok", isCut: false) == "see SECRET-tok")
    }

    @Test("beyond the maximum the oldest secrets are dropped, and one that is used again is not old")
    func bounded() {
        var known = KnownSecrets(countMax: 8)
        for number in 0..<8 { known.add("secret-\(number)") }
        known.add("secret-0")
        known.add("secret-8")
        #expect(known.count == 8 && known.contains("secret-0") && !known.contains("secret-1"))
        #expect(known.removed(from: "secret-0 secret-1 secret-8") == "*** secret-1 ***")
        for number in 0..<1000 { known.add("later-\(number)") }
        #expect(known.count <= 8 && known.contains("later-999"))
        #expect(Array("secret-0".utf8).withUnsafeBytes { !known.areIn($0) })
    }

    @Test("a secret is found at every place of a text of any length")
    func places() {
        let known = KnownSecrets(["T0KENvalue"])
        for before in 0..<40 {
            for after in 0..<20 {
                let text = String(repeating: "x", count: before) + "T0KENvalue" + String(repeating: "e", count: after)
                #expect(Array(text.utf8).withUnsafeBytes { known.areIn($0) }, "\(text)")
            }
        }
    }

    @Test("a description and a dump show no secret")
    func description() {
        let known = KnownSecrets(["SECRET-token"])
        var text = "\(known) \(String(reflecting: known))"
        dump(known, to: &text)
        #expect(!text.contains("SECRET") && text.contains("1 secrets"))
    }
}
