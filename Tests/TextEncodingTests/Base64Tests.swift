import Testing
import TextEncoding

struct Base64Tests {
    @Test("the test vectors of RFC 4648 §10 are encoded and decoded")
    func examples() {
        let pairs = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
        for (plain, encoded) in pairs {
            #expect(Base64.encode(Array(plain.utf8)) == encoded)
            #expect(Base64.decode(encoded) == Array(plain.utf8))
        }
        for wrong in ["Zg", "Z===", "Zm9-", "Zg=a", "====", "Zm 9"] { #expect(Base64.decode(wrong) == nil, "\(wrong)") }
    }
}
