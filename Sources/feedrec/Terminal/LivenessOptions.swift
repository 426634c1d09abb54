import ArgumentParser
import Transport

/// How long a peer may be silent, slow, or without an answer; the same at client and server.
struct LivenessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Abort the connection when nothing has come for this time, or off; a ping goes out after half of it.",
            valueName: "time"
        )
    )
    var idleTimeout = OptionalDurationArgument(nil)

    @Option(
        help: ArgumentHelp(
            "Send a ping at this interval, or off. By default off; 20s where a recording is replayed.",
            valueName: "time"
        )
    )
    var pingInterval: OptionalDurationArgument?

    @Option(
        help: ArgumentHelp(
            "Abort the connection when a ping has waited this long for its pong, or off. "
                + "By default 20s; off where a recording is replayed.",
            valueName: "time"
        )
    )
    var pongTimeout: OptionalDurationArgument?

    @Option(
        help: ArgumentHelp(
            "Abort the connection when the peer has taken nothing for this time of what waits to be sent, or off. "
                + "By default 30s; 10m where a recording is replayed.",
            valueName: "time"
        )
    )
    var sendTimeout: OptionalDurationArgument?

    @Option(
        help: ArgumentHelp(
            "Abort the connection when the peer has not answered our close frame within this time. "
                + "By default 5s; 1m where a recording is replayed.",
            valueName: "time"
        )
    )
    var closeTimeout: DurationArgument?

    func apply(to settings: inout ConnectionSettings) {
        settings.idleTimeout = idleTimeout.duration
        if let pingInterval { settings.pingInterval = pingInterval.duration }
        if let pongTimeout { settings.pongTimeout = pongTimeout.duration }
        if let sendTimeout { settings.sendTimeout = sendTimeout.duration }
        if let closeTimeout { settings.closeTimeout = closeTimeout.duration }
    }
}
