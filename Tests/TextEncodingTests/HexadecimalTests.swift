import Testing
import TextEncoding

struct HexadecimalTests {
    @Test("all bytes are written as two digits, and read in either case")
    func roundTrip() {
        let bytes = Array(UInt8.min...UInt8.max)
        let text = bytes.hexadecimal
        #expect(text.hasPrefix("000102") && text.hasSuffix("feff") && text.utf8.count == 512)
        #expect([UInt8](hexadecimal: text.utf8) == bytes)
        #expect([UInt8](hexadecimal: text.uppercased().utf8) == bytes)
    }

    @Test(
        "other characters and odd numbers of digits are refused",
        arguments: ["a", "abc", "0g", "/0", ":0", "@0", "`0"]
    )
    func malformed(text: String) {
        #expect([UInt8](hexadecimal: text.utf8) == nil)
    }
}
