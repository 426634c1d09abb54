package import MarketModel

/// A venue whose messages feedrec imports and reads, but does not record, serve or simulate.
///
/// The venue has a newer interface for recording. Conform to this protocol instead of ``VenueDefinition``, and write
/// only the name, the replacement, the rules and the reader.
package protocol ReadingOnlyVenue: VenueDefinition {
    /// The name of the venue to record instead.
    var replacement: String { get }
}

extension ReadingOnlyVenue {
    package var isReadingOnly: Bool { true }
    package var examplePaths: [String] { [] }
    package var queryParameters: [String] { [] }

    package func options(for use: VenueOption.Use) -> [VenueOption] { [] }

    /// Always throws, and names the replacement.
    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        throw VenueOptionError(venue: name, [.readingOnly(instead: replacement)])
    }

    /// Always throws, and names the replacement.
    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        throw VenueOptionError(venue: name, [.readingOnly(instead: replacement)])
    }

    package func makeServer() -> any VenueServer { ServerOfNothing() }
}

/// The server of a venue that cannot be served: it has no path.
private struct ServerOfNothing: VenueServer {
    func place(ofPath path: String) -> VenuePlace? { nil }

    func makeSession(at place: VenuePlace, target: String) -> any VenueSession { SessionOfNothing() }
}

/// A session that sends nothing.
private struct SessionOfNothing: VenueSession {
    let hasSubscribed = false
    let keepAliveInterval: Duration? = nil

    mutating func restrict(toSymbols symbols: Set<String>) {}

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        .close(code: 1008, reason: "this venue cannot be served")
    }

    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {}
    mutating func keepAlive(replies: inout MessageBatch) {}
    mutating func finish(replies: inout MessageBatch) {}
}
