import MarketModel
package import Transport

/// Serves one client with a player, and closes the connection as the player decides.
struct SessionRunner: Sendable {
    let connection: WebSocketConnection
    let player: TapePlayer

    /// Serves until the client leaves, the tape ends or the session is stopped.
    func run() async -> PlayerEnding {
        await player.joinEarly()
        let ending = await withTaskGroup(of: PlayerEnding.self) { group in
            group.addTask { await listen() }
            group.addTask { await player.play() }
            // The first task to end also ends the conversation.
            let first = await group.next() ?? .gone
            await player.end()
            group.cancelAll()
            return first
        }
        if Task.isCancelled, ending == .gone { await player.goAway() }
        await close(ending)
        return ending
    }

    private func listen() async -> PlayerEnding {
        while let batch = try? await connection.receive() {
            if let ending = await player.hear(batch) { return ending }
        }
        return .gone
    }

    private func close(_ ending: PlayerEnding) async {
        switch ending {
        case .endOfTape: await close(1000, "end of the recording")
        case .stopped: await close(1000, "stopped")
        case .unreadable: await close(1011, "the recording cannot be read")
        case .lagging(let reason): await close(PlayerPolicy.lagCloseCode, reason)
        case .refused(let code, let reason): await close(code, reason)
        case .broken(let recorded) where recorded.code == 1006: connection.abort()
        case .broken(let recorded): await close(recorded.code, recorded.reason)
        case .gone: break
        }
    }

    private func close(_ code: UInt16, _ reason: String) async {
        await connection.close(code: code, reason: reason, discardingReceived: true)
    }
}

extension EventLoopTimer: PlaybackTimer {}

/// An event loop timer that wakes early and spins.
///
/// It is exact to microseconds instead of tens of microseconds, for about a fifth of a core.
package struct PreciseTimer: PlaybackTimer {
    /// The initial lead; see ``WakeUpLead``.
    package var leadNanoseconds: Int64 { 100_000 }
    private let timer: EventLoopTimer

    package init(_ timer: EventLoopTimer) {
        self.timer = timer
    }

    package var now: Int64 { timer.now }

    package func schedule(at deadline: Int64, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        timer.schedule(at: deadline, body)
    }

    /// Spins at most as long as a wake-up may be early.
    package func spin(until deadline: Int64) {
        let end = min(deadline, timer.now + WakeUpLead.bounds.upperBound)
        while timer.now < end {}
    }
}
