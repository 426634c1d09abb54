import ArgumentParser
import Transport
import Venues

/// The venue of the feed to record, and its address.
struct SourceOptions: ParsableArguments {
    @Option(name: .customLong("venue"), help: "The venue, which decides the protocol.")
    var givenVenue: Venue?

    @Option(
        name: .customLong("url"),
        help: "Where to connect: ws:// or wss://. (default: the venue's public endpoint, if it has one)"
    )
    var givenURL: String?

    /// False if a configuration file describes the feeds instead.
    var isGiven: Bool { givenVenue != nil || givenURL != nil }

    /// Refuses an incomplete feed.
    func check() throws {
        guard let givenVenue else { throw ValidationError("--venue is missing") }
        guard let givenURL else {
            guard givenVenue.definition.defaultURL == nil else { return }
            throw ValidationError("--url is missing")
        }
        do { _ = try WebSocketURL(givenURL) } catch { throw ValidationError("--url: \(error)") }
    }
}

/// The longest message of a feed.
struct MessageLimitOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest message to accept, such as 65536 or 16MiB; 64MiB at most.",
            valueName: "size"
        )
    )
    var messageLimit = ByteCountArgument(16 << 20)

    func validate() throws {
        guard (1024...64 << 20).contains(messageLimit.bytes) else {
            throw ValidationError("--message-limit must be between 1024 and 67108864 (64 MiB, what a block can hold)")
        }
    }
}
