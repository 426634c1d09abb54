import ArgumentParser
import Transport

/// The defaults for the connections of one verb; `nil` is off.
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

/// `probe`, and servers that only send generated data.
enum OrdinaryLiveness: LivenessDefaults {}

/// `record`: a dead venue must be noticed.
enum RecordingLiveness: LivenessDefaults {
    static var pingInterval: Duration? { .seconds(20) }
}

/// `replay`: a client stopped in a debugger is not dead, and must still get the messages it has not read.
enum ReplayLiveness: LivenessDefaults {
    /// A client that waits at a paused tape must see that the server is alive.
    static var pingInterval: Duration? { .seconds(20) }
    static var pongTimeout: Duration? { nil }
    static var sendTimeout: Duration? { .seconds(600) }
    static var closeTimeout: Duration { .seconds(60) }
}

/// How long a peer may be silent, slow, or without an answer.
///
/// Clients and servers share these options.
struct LivenessOptions<Defaults: LivenessDefaults>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Abort the connection if nothing arrives for this time, or off. A ping is sent after half of it.",
            valueName: "time"
        )
    )
    var idleTimeout = OptionalDurationArgument(nil)

    @Option(help: ArgumentHelp("Send a ping at this interval, or off.", valueName: "time"))
    var pingInterval = OptionalDurationArgument(Defaults.pingInterval)

    @Option(
        help: ArgumentHelp(
            "Abort the connection if a ping gets no pong within this time, or off.",
            valueName: "time"
        )
    )
    var pongTimeout = OptionalDurationArgument(Defaults.pongTimeout)

    @Option(
        help: ArgumentHelp(
            "Abort the connection if data waits to be sent and the peer reads none of it for this time, or off.",
            valueName: "time"
        )
    )
    var sendTimeout = OptionalDurationArgument(Defaults.sendTimeout)

    @Option(
        help: ArgumentHelp(
            "Abort the connection if the peer does not answer our close frame within this time.",
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
