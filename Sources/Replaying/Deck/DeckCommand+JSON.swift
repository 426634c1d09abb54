import MarketModel

/// Commands as JSON, see docs/REPLAY.md.
extension DeckCommand {
    /// The members of each command, except `cmd` and `id`.
    private static let members: [(name: String, members: [String])] = [
        ("play", []), ("pause", []), ("seek", ["to", "by"]), ("speed", ["speed"]), ("step", ["events", "interval"]),
        ("loop", ["from", "to", "off"]), ("status", []), ("stop", []),
    ]

    /// Reads `{"cmd":…}` and its `id` as JSON text, which the answer repeats.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> (id: String?, Result<DeckCommand, DeckError>) {
        var id: String?
        do throws(DeckError) {
            let members = try CommandMembers(bytes, id: &id)
            guard let name = members.cmd else { throw DeckError(.badCommand, "'cmd' is missing") }
            return (id, .success(try command(name, members)))
        } catch {
            return (id, .failure(error))
        }
    }

    /// Reads the members of the command `name`.
    ///
    /// Empty input counts as an object without members.
    static func parse(_ name: String, members bytes: UnsafeRawBufferPointer) throws(DeckError) -> DeckCommand {
        var id: String?
        let members = bytes.isEmpty ? CommandMembers() : try CommandMembers(bytes, id: &id)
        if let cmd = members.cmd, cmd != name {
            throw DeckError(.badCommand, "'cmd' is '\(cmd.prefix(40))', but the path says '\(name.prefix(40))'")
        }
        return try command(name, members)
    }

    private static func command(_ name: String, _ members: CommandMembers) throws(DeckError) -> DeckCommand {
        guard let known = Self.members.first(where: { $0.name == name })?.members else {
            let hint = Suggestion.hint(for: name, among: Self.members.map(\.name))
            throw DeckError(.badCommand, "there is no command '\(name.prefix(40))'\(hint)")
        }
        try members.check(known, of: name)
        switch name {
        case "play": return .play
        case "pause": return .pause
        case "status": return .status
        case "stop": return .stop
        case "seek": return .seek(try target(members))
        case "speed":
            guard let speed = members.speed else { throw DeckError(.badCommand, "speed needs 'speed'") }
            return .speed(speed)
        case "step":
            guard members.events == nil || members.interval == nil else {
                throw DeckError(.badCommand, "step takes 'events' or 'interval', not both")
            }
            return members.interval.map { .stepInterval($0) } ?? .stepEvents(members.events ?? 1)
        default: return try loop(members)
        }
    }

    private static func target(_ members: CommandMembers) throws(DeckError) -> SeekTarget {
        switch (members.to, members.by) {
        case (let to?, nil): return .to(to)
        case (nil, let by?): return .by(by)
        case (nil, nil): throw DeckError(.badCommand, "seek needs 'to' or 'by'")
        default: throw DeckError(.badCommand, "seek takes 'to' or 'by', not both")
        }
    }

    private static func loop(_ members: CommandMembers) throws(DeckError) -> DeckCommand {
        switch (members.off, members.from, members.to) {
        case (true, nil, nil): return .loopOff
        case (true, _, _): throw DeckError(.badCommand, "loop takes 'from' and 'to', or 'off', not both")
        case (false, let from?, let to?): return .loop(from: from, to: to)
        default: throw DeckError(.badCommand, "loop needs 'from' and 'to', or 'off'")
        }
    }
}
