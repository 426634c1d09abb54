import MarketModel

/// A command to a clock.
package enum DeckCommand: Sendable, Hashable {
    case play
    case pause
    case seek(SeekTarget)
    case speed(PlaybackSpeed)
    case stepEvents(Int)
    /// Plays everything before the next multiple of this number of nanoseconds since 1970.
    case stepInterval(Int64)
    case loop(from: TapeMoment, to: TapeMoment)
    case loopOff
    case status
    case stop

    package var name: String {
        switch self {
        case .play: "play"
        case .pause: "pause"
        case .seek: "seek"
        case .speed: "speed"
        case .stepEvents, .stepInterval: "step"
        case .loop, .loopOff: "loop"
        case .status: "status"
        case .stop: "stop"
        }
    }
}

package enum SeekTarget: Sendable, Hashable {
    case to(TapeMoment)
    /// Nanoseconds relative to the current position.
    case by(Int64)
}

/// A moment of a tape, as a user names it.
package enum TapeMoment: Sendable, Hashable {
    /// Nanoseconds since 1970.
    case absolute(Int64)
    /// Nanoseconds after the tape's start.
    case behindStart(Int64)

    func time(start: Int64) -> Int64 {
        switch self {
        case .absolute(let time): time
        case .behindStart(let offset): start.addingSaturated(offset)
        }
    }
}

/// A command that is invalid or not possible.
package struct DeckError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case badJSON = "bad_json"
        case badCommand = "bad_command"
        case tooLong = "too_long"
        case tooMany = "too_many"
        case notPossible = "not_possible"
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
