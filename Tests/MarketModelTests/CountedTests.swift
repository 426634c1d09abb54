import MarketModel
import Testing

struct CountedTests {
    @Test("kind 12 one thing is singular, any other number plural")
    func text() {
        #expect([0, 1, 2].map { Counted.text($0, "gap") } == ["0 gaps", "1 gap", "2 gaps"])
        #expect([1, 2].map { Counted.text($0, "oddity", "oddities") } == ["1 oddity", "2 oddities"])
        #expect([1, 2].map { Counted.text($0, "block is", "blocks are") } == ["1 block is", "2 blocks are"])
    }
}
