import MarketModel
import Synchronization
import Venues

/// The chunks of a tape that is generated on demand, such as a simulated one.
///
/// It reads no file.
///
/// It cannot seek.
final class GeneratedChunks: ChunkSource {
    private struct State: ~Copyable {
        var tape: (any Tape)?
    }

    private let makeTape: @Sendable () throws -> any Tape
    private let state = Mutex(State())

    init(makeTape: @escaping @Sendable () throws -> any Tape) {
        self.makeTape = makeTape
    }

    func seek(to time: Int64?) {}

    func next(for session: (any VenueSession)?, isolation: isolated (any Actor)?) async throws -> ChunkStep {
        guard let session else { return .end }
        let makeTape = makeTape
        return try state.withLock { state in
            var tape = try state.tape ?? makeTape()
            state.tape = nil
            var chunk = TapeChunk()
            let isGoingOn = try tape.next(for: session, into: &chunk.batch)
            state.tape = tape
            return isGoingOn ? .chunk(chunk) : .end
        }
    }
}
