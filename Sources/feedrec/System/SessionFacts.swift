import Archive
import BarBuilding
import Foundation
import JSONScanning
import MarketModel
import Recording
import Venues

/// The facts about the machine and the program in a session row.
enum SessionFacts {
    static func start(_ kind: SessionKind, feed: FeedConfiguration) -> SessionStart {
        var configuration = JSONObjectWriter()
        configuration.text("venue", feed.venue.name)
        configuration.text("url", feed.url)
        configuration.raw("subscription", feed.subscription)
        configuration.text("bars", feed.barIntervals.map(\.description).joined(separator: ","))
        return start(kind, configuration: configuration.text())
    }

    static func start(_ kind: SessionKind, configuration: String) -> SessionStart {
        SessionStart(
            kind: kind,
            tsStart: Clocks.wall(),
            host: ProcessInfo.processInfo.hostName,
            programVersion: Program.version,
            configuration: configuration
        )
    }
}
