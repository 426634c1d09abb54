import MarketModel
import Transport
import Venues

/// Plays a generated tape, such as a simulated one, to one client of a venue, in the venue's own protocol.
///
/// The tape starts after the client has subscribed and been quiet for the settling time. So a client that subscribes
/// call by call misses nothing.
struct ClientPlayback: Sendable {
    let connection: WebSocketConnection
    let session: any VenueSession
    let speed: PlaybackSpeed
    let timers: PlaybackTimers
    let settling: Duration
    let observe: (@Sendable (MessageBatch) -> Void)?
    let makeTape: @Sendable () throws -> any Tape

    /// Serves the client until the tape ends or the client leaves.
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
        // A simulated tape has the streams subscribed at its start, so a client with streams in its URL need not wait.
        policy.startAfterURL = .zero
        let player = TapePlayer(
            record: record,
            registry: SessionRegistry(),
            chunks: GeneratedChunks(makeTape: makeTape),
            sink: connection,
            outlet: VenueOutlet(session, hasher: nil, observe: observe),
            policy: policy,
            timer: timers.timer(connection, false),
            executor: connection.executor
        )
        _ = await SessionRunner(connection: connection, player: player).run()
    }
}
