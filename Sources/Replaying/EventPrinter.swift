import Archive
import MarketModel

/// Plays events to a byte sink: the NDJSON of `--to stdout`.
package struct EventPrinter: Sendable {
    private let desk: ReplayDesk

    /// Throws ``ArchiveError``, or ``BadRequest`` if the options ask for something that the tape does not have.
    package init(
        _ catalog: TapeCatalog,
        options: ReplayOptions,
        pool: any BlockingPool,
        timers: PlaybackTimers
    ) throws {
        desk = try ReplayDesk(catalog, options: options, pool: pool, timers: timers, readsMessages: false)
    }

    /// Plays the tape to `sink` until its end, paced by `timer`, on `executor`.
    ///
    /// The report says how the session ended.
    package func run(
        to sink: some MessageSink,
        timer: some PlaybackTimer,
        executor: any SerialExecutor
    ) async -> SessionReport {
        await desk.print(to: sink, timer: timer, executor: executor)
    }
}

extension ReplayDesk {
    fileprivate func print(
        to sink: some MessageSink,
        timer: some PlaybackTimer,
        executor: any SerialExecutor
    ) async -> SessionReport {
        var request = options.defaults
        request.clock = nil
        let order = order(for: request)
        let bounds = bounds(of: order.range)
        let record = SessionRecord(
            id: 1,
            path: "",
            name: "replay",
            client: "stdout",
            clock: PlaybackClock(request.deck(bounds: bounds, skips: [])),
            bounds: bounds
        )
        let player = TapePlayer(
            record: record,
            registry: registry,
            chunks: ReadAhead(EventReader(catalog, order), pool: pool),
            sink: sink,
            outlet: EventOutlet(hasBars: !request.intervals.isEmpty, kinds: request.kinds),
            policy: PlayerPolicy(),
            timer: timer,
            executor: executor
        )
        let ending = await player.play()
        return SessionReport(record, ending)
    }
}
