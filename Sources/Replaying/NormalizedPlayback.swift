import Archive
import MarketModel
import Transport

/// Plays the normalised rows of recordings to one client, then a summary, then close 1000.
///
/// Recordings follow each other in the order given.
struct NormalizedPlayback<C: Clock>: Sendable where C.Duration == Duration {
    let connection: WebSocketConnection
    let readers: [ArchiveReader]
    let request: NormalizedRequest
    let clock: C

    private static var batchBytesMax: Int { 64 * 1024 }

    /// Serves the client until the tape is over or the client is gone.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Nothing the client says is understood yet; reading notices that it leaves.
                while (try? await connection.receive()) != nil {}
            }
            group.addTask { await play() }
            await group.next()
            group.cancelAll()
        }
    }

    private func play() async {
        do {
            var output = NormalizedOutput(clock: clock, speed: request.speed)
            for reader in readers {
                var tape = try NormalizedTape(reader: reader, range: request.range, symbols: request.symbols)
                while let event = try tape.next() {
                    if let deadline = output.deadline(of: event), deadline > clock.now {
                        try await output.send(over: connection)
                        try await clock.sleep(until: deadline, tolerance: .zero)
                    }
                    output.append(event)
                    if output.pendingBytes >= Self.batchBytesMax { try await output.send(over: connection) }
                }
            }
            output.appendSummary()
            try await output.send(over: connection)
            _ = await connection.close(code: 1000, reason: "end of the recording")
        } catch is ArchiveError {
            _ = await connection.close(code: 1011, reason: "the recording cannot be read")
        } catch {
            // The client left.
        }
    }
}
