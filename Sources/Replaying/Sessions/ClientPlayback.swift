import MarketModel
import Transport
import Venues

/// Plays a tape that is made as it goes, such as a simulated one, to one client of a venue, in the venue's own protocol.
///
/// The tape starts when the client has subscribed and then been quiet for the settling time, so that a client that
/// subscribes call by call misses nothing.
struct ClientPlayback<C: Clock>: Sendable where C.Duration == Duration {
    let connection: WebSocketConnection
    let session: any VenueSession
    let speed: PlaybackSpeed
    let clock: C
    let settling: Duration
    let observe: (@Sendable (MessageBatch) -> Void)?
    let makeTape: @Sendable () throws -> any Tape

    /// Serves the client until the tape is over or the client is gone.
    func run() async {
        let record = SessionRecord(
            id: 1,
            path: "",
            name: "",
            client: "",
            clock: PlaybackClock(TapeDeck(speed: speed)),
            bounds: nil
        )
        var policy = PlayerPolicy()
        policy.startAfter = settling
        // A simulated tape is made of the streams there are when it starts; later ones begin with themselves.
        policy.startAfterURL = .zero
        let player = TapePlayer(
            record: record,
            registry: SessionRegistry(),
            feed: DirectFeed(makeTape: makeTape),
            sink: connection,
            outlet: VenueOutlet(session, hasher: nil, observe: observe),
            policy: policy,
            timer: clock is ContinuousClock ? connection.timer(isPrecise: false) : ClockTimer(clock),
            executor: connection.executor
        )
        _ = await SessionRunner(connection: connection, player: player).run()
    }
}
