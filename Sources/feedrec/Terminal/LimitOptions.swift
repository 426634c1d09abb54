import ArgumentParser
import Transport
import WebSocketProtocol

/// What a peer may make us hold, beside the length of its messages; the same at client and server.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest frame that is accepted, as on the wire; by default as long as the longest message.",
            valueName: "size"
        )
    )
    var frameLimit: ByteCountArgument?

    @Option(help: ArgumentHelp("The most frames one message may come in.", valueName: "count"))
    var fragmentLimit = WebSocketLimits().fragmentsMax

    @Option(help: ArgumentHelp("The longest HTTP head that is accepted in the handshake.", valueName: "size"))
    var headerLimit = ByteCountArgument(WebSocketLimits().headerBytesMax)

    @Option(help: ArgumentHelp("How much may wait to be sent before sending has to wait.", valueName: "size"))
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

    /// Sets these limits, with messages of at most `messageBytesMax` bytes.
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
