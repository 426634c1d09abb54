import ArgumentParser
import Transport

/// What holds for the connections of one verb unless a flag says otherwise; `nil` is off.
protocol LivenessDefaults: Sendable {
    static var pingInterval: Duration? { get }
    static var pongTimeout: Duration? { get }
    static var sendTimeout: Duration? { get }
    static var closeTimeout: Duration { get }
}

extension LivenessDefaults {
    static var pingInterval: Duration? { nil }
    static var pongTimeout: Duration? { .seconds(20) }
    static var sendTimeout: Duration? { .seconds(30) }
    static var closeTimeout: Duration { .seconds(5) }
}

/// `probe`, and servers that only serve what they make.
enum OrdinaryLiveness: LivenessDefaults {}

/// `record`: a venue that is dead must be noticed.
enum RecordingLiveness: LivenessDefaults {
    static var pingInterval: Duration? { .seconds(20) }
}

/// `replay`: a client that its debugger has stopped is not dead, and what it has not read yet belongs to it.
enum ReplayLiveness: LivenessDefaults {
    /// A client that waits for a paused tape must hear that the server is there.
    static var pingInterval: Duration? { .seconds(20) }
    static var pongTimeout: Duration? { nil }
    static var sendTimeout: Duration? { .seconds(600) }
    static var closeTimeout: Duration { .seconds(60) }
}

/// How long a peer may be silent, slow, or without an answer; the same at client and server.
struct LivenessOptions<Defaults: LivenessDefaults>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Abort the connection when nothing has come for this time, or off; a ping goes out after half of it.",
            valueName: "time"
        )
    )
    var idleTimeout = OptionalDurationArgument(nil)

    @Option(help: ArgumentHelp("Send a ping at this interval, or off.", valueName: "time"))
    var pingInterval = OptionalDurationArgument(Defaults.pingInterval)

    @Option(
        help: ArgumentHelp(
            "Abort the connection when a ping has waited this long for its pong, or off.",
            valueName: "time"
        )
    )
    var pongTimeout = OptionalDurationArgument(Defaults.pongTimeout)

    @Option(
        help: ArgumentHelp(
            "Abort the connection when the peer has taken nothing for this time of what waits to be sent, or off.",
            valueName: "time"
        )
    )
    var sendTimeout = OptionalDurationArgument(Defaults.sendTimeout)

    @Option(
        help: ArgumentHelp(
            "Abort the connection when the peer has not answered our close frame within this time.",
            valueName: "time"
        )
    )
    var closeTimeout = DurationArgument(Defaults.closeTimeout)

    func apply(to settings: inout ConnectionSettings) {
        settings.idleTimeout = idleTimeout.duration
        settings.pingInterval = pingInterval.duration
        settings.pongTimeout = pongTimeout.duration
        settings.sendTimeout = sendTimeout.duration
        settings.closeTimeout = closeTimeout.duration
    }
}
