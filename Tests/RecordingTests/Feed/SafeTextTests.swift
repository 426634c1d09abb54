import Testing
import TextEncoding
import Transport
import Venues

@testable import Recording

/// How texts of a venue are made fit to be shown and stored.
struct SafeTextTests {
    private static func feed(_ secrets: [String]) -> FeedConfiguration {
        var feed = FeedConfiguration(
            name: "a",
            venue: .okx,
            url: "ws://h",
            subscription: "{}",
            barIntervals: [],
            makeDialect: { Venue.okx.makeReader() },
            connect: { _ async throws(TransportError) in throw TransportError(code: .cancelled, description: "") }
        )
        feed.secrets = FeedSecrets(secrets)
        return feed
    }

    @Test("a text is cut after 500 characters, of whatever length in bytes")
    func cut() {
        let feed = Self.feed([])
        for length in [0, 499, 500] {
            let text = String(repeating: "\u{E9}", count: length)
            #expect(feed.safe(text) == text)
        }
        for length in [501, 100_000] {
            #expect(
                feed.safe(String(repeating: "\u{E9}", count: length)) == String(repeating: "\u{E9}", count: 500) + "…"
            )
        }
    }

    @Test("a cut does not leave a part of a secret", arguments: 480..<510)
    func cutInside(position: Int) {
        let text = String(repeating: "x", count: position) + "SECRET-token-0123456789" + " tail"
        #expect(!Self.feed(["SECRET-token-0123456789"]).safe(text).contains("SEC"), "\(position)")
    }
}
