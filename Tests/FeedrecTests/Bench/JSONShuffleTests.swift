import MarketModel
import Testing

@testable import feedrec

struct JSONShuffleTests {
    private func shuffled(_ text: String, seed: UInt64) -> String {
        var shuffle = JSONShuffle(seed: seed)
        var copy = text
        return copy.withUTF8 { String(decoding: shuffle.shuffled(UnsafeRawBufferPointer($0)), as: UTF8.self) }
    }

    @Test("members change places at every depth, and elements do not")
    func members() {
        let results = Set((1...200).map { shuffled(#"{ "a":[1, "x\"y"], "b":{"c":null,"d":-1.50e3} }"#, seed: $0) })
        let (elements, inner) = (#""a":[1,"x\"y"]"#, [#"{"c":null,"d":-1.50e3}"#, #"{"d":-1.50e3,"c":null}"#])
        #expect(results == Set(inner.flatMap { [#"{\#(elements),"b":\#($0)}"#, #"{"b":\#($0),\#(elements)}"#] }))
    }

    @Test("records keep their order and their ends, and other text stays as it is")
    func records() {
        #expect(shuffled("{\"a\":1}\u{1E}{\"b\": 2}\u{1E}", seed: 1) == "{\"a\":1}\u{1E}{\"b\":2}\u{1E}")
        for text in ["", "ping", "{\"a\":", "\u{1E}", "{\"a\":1,}\u{1E}[\u{1E}"] {
            #expect(shuffled(text, seed: 1) == text)
        }
    }
}
