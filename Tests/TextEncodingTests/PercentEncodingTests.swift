import Testing
import TextEncoding

struct PercentEncodingTests {
    @Test("all but unreserved characters are encoded")
    func encoding() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode("a b/+=%é\n") == "a%20b%2F%2B%3D%25%C3%A9%0A")
    }

    @Test("an encoding of invisible characters keeps the others, apart from those that are named")
    func invisible() {
        #expect(PercentEncoding.encodeInvisible("/a b?c=\u{7f}é%40") == "/a%20b?c=%7F%C3%A9%40")
        #expect(PercentEncoding.encodeInvisible("a%b#c", and: "%#") == "a%25b%23c")
    }

    @Test("what was encoded is decoded, whatever its characters")
    func roundTrip() {
        let text = String(String.UnicodeScalarView((0..<0x250).compactMap(Unicode.Scalar.init)))
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(PercentEncoding.decodeStrictly(PercentEncoding.encode(text)) == text)
    }

    @Test("a percent sign without two digits is kept or refused", arguments: ["%", "%4", "%4g", "%g4", "a%", "%%40"])
    func malformed(text: String) {
        #expect(PercentEncoding.decode(text) == text.replacing("%40", with: "@"))
        #expect(PercentEncoding.decodeStrictly(text) == nil)
        #expect(PercentEncoding.decodeBytesStrictly(text) == nil)
    }

    @Test("bytes that are not UTF-8 are replaced or refused")
    func notUTF8() {
        #expect(PercentEncoding.decode("a%ff") == "a\u{fffd}")
        #expect(PercentEncoding.decodeStrictly("a%ff") == nil)
        #expect(PercentEncoding.decodeBytesStrictly("a%fF") == [0x61, 0xff])
    }
}
