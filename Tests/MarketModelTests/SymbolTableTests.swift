import MarketModel
import Testing

struct SymbolTableTests {
    @Test("thousands of symbols are numbered in order and found again, whatever their lengths and endings")
    func manySymbols() {
        let texts = (0..<10_000).map { number in
            switch number % 4 {
            case 0: "S\(number)"
            case 1: "\(number)-BTC-26JUN26-100000-C"
            case 2: String(repeating: "Ω", count: number % 97) + "\(number)"
            default: "BTC-26JUN26-\(number)-P"
            }
        }
        var table = SymbolTable()
        for (number, text) in texts.enumerated() {
            #expect(table.intern(text).value == Int32(number))
        }
        let copy = table
        for (number, text) in texts.enumerated().reversed() {
            let index = Array(text.utf8).withUnsafeBytes { table.intern($0) }
            #expect(index.value == Int32(number))
            #expect(copy.text(of: index) == text)
        }
        #expect(table.count == texts.count)
    }

    @Test("symbols are equal by their bytes only")
    func equalBytes() {
        var table = SymbolTable()
        let texts = ["", " ", "btcusdt", "BTCUSDT", "BTCUSD", "BTCUSDT ", "e\u{301}", "\u{e9}", "A\u{0}", "A"]
        let indexes = texts.map { table.intern($0) }
        #expect(indexes.map(\.value) == Array(0..<Int32(texts.count)))
        #expect(indexes.map { Array(table.text(of: $0).utf8) } == texts.map { Array($0.utf8) })
    }

    @Test("a copy of a table is independent")
    func copies() {
        var first = SymbolTable()
        _ = first.intern("A")
        var second = first
        #expect(first.intern("B").value == 1)
        #expect(second.intern("C").value == 1)
        #expect(first.intern("C").value == 2)
        #expect(second.count == 2)
    }
}
