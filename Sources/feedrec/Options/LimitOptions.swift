import ArgumentParser
import Transport
import WebSocketProtocol

/// Limits on what a peer can make us hold, apart from the message length.
///
/// Clients and servers share these options.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest frame to accept, as on the wire. (default: the longest message)",
            valueName: "size"
        )
    )
    var frameLimit: ByteCountArgument?

    @Option(help: ArgumentHelp("The maximum number of frames per message.", valueName: "count"))
    var fragmentLimit = WebSocketLimits().fragmentsMax

    @Option(help: ArgumentHelp("The longest HTTP head to accept in the handshake.", valueName: "size"))
    var headerLimit = ByteCountArgument(WebSocketLimits().headerBytesMax)

    @Option(help: ArgumentHelp("Maximum size of the send queue. Sending waits while it is full.", valueName: "size"))
    var sendQueue = ByteCountArgument(1 << 20)

    func validate() throws {
        guard fragmentLimit >= 1 else { throw ValidationError("--fragment-limit must be at least 1") }
        guard (1 << 10...1 << 20).contains(headerLimit.bytes) else {
            throw ValidationError("--header-limit must be between 1KiB and 1MiB")
        }
        guard (1 << 10...1 << 30).contains(sendQueue.bytes) else {
            throw ValidationError("--send-queue must be between 1KiB and 1GiB")
        }
    }

    /// Applies these limits, with messages of at most `messageBytesMax` bytes.
    func apply(to settings: inout ConnectionSettings, messageBytesMax: Int) {
        settings.limits = WebSocketLimits(
            messageBytesMax: messageBytesMax,
            frameBytesMax: frameLimit?.bytes ?? messageBytesMax,
            headerBytesMax: headerLimit.bytes,
            fragmentsMax: fragmentLimit
        )
        settings.sendQueueBytesMax = sendQueue.bytes
    }
}
