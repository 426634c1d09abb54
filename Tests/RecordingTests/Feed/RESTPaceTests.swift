import Testing

@testable import Recording

/// The pace of HTTP requests, which all feeds of a recorder share.
struct RESTPaceTests {
    @Test("requests to one host keep their distance, whichever feed makes them")
    func distance() {
        let pace = RESTPace()
        #expect(pace.takeTurn("a", interval: .seconds(2), at: .seconds(10)))
        #expect(!pace.takeTurn("a", interval: .milliseconds(1), at: .seconds(11)))
        #expect(pace.takeTurn("b", interval: .seconds(2), at: .seconds(11)), "another host has its own pace")
        #expect(pace.takeTurn("a", interval: .seconds(2), at: .seconds(12)))
    }

    @Test("a wait that the venue asked for holds all requests to it, and a shorter one does not end it")
    func hold() {
        let pace = RESTPace()
        pace.hold("a", for: .seconds(60), from: .seconds(10))
        pace.hold("a", for: .seconds(5), from: .seconds(11))
        #expect(!pace.takeTurn("a", interval: .zero, at: .seconds(69)))
        #expect(pace.takeTurn("a", interval: .zero, at: .seconds(70)))
    }
}
