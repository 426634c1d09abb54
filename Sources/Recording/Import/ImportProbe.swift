import Interchange
import MarketModel
import Venues

/// Holds back the first messages of a file until one is understood.
///
/// A file of another venue is therefore rejected before anything of it is stored.
struct ImportProbe {
    /// The result of one read of the file: messages, and the connection that was opened after them.
    struct Page {
        var messages: MessageBatch
        var opened: Interchange.ConnectionOpened?
    }

    private static let messagesMax = 4096
    private static let bytesMax = 8 << 20

    private let configuration: MessageImporter.Configuration
    private var dialect: any VenueDialect
    private var pages: [Page] = []
    private var received = 0
    private var bytes = 0
    private(set) var isUnderstood: Bool

    init(_ configuration: MessageImporter.Configuration) {
        self.configuration = configuration
        isUnderstood = configuration.isForced
        dialect = configuration.venue.makeReader(configuration.reading)
    }

    /// Takes a page, and returns the pages that may be stored now, in order.
    ///
    /// - Throws: `ImportError` if one of this many messages should have been understood.
    mutating func take(_ page: Page, of path: String) throws(ImportError) -> [Page] {
        pages.append(page)
        if !isUnderstood {
            isUnderstood = Self.understands(page.messages, &dialect)
            received += page.messages.entries.count { $0.direction == .received }
            bytes += page.messages.bytes.count
        }
        guard isUnderstood else {
            if received >= Self.messagesMax || bytes >= Self.bytesMax { throw refusal(path) }
            return []
        }
        defer { pages = [] }
        return pages
    }

    /// Returns the remaining pages at the end of a file that had no messages.
    ///
    /// - Throws: `ImportError` if there are received messages, because none was understood.
    func finish(_ path: String) throws(ImportError) -> [Page] {
        guard received == 0 else { throw refusal(path) }
        return pages
    }

    private func refusal(_ path: String) -> ImportError {
        let other = Venue.all.first { venue in
            guard venue != configuration.venue else { return false }
            var dialect = venue.makeReader()
            return pages.contains { Self.understands($0.messages, &dialect) }
        }
        let which = received == 1 ? "its message is not" : "none of its first \(received) messages is"
        let guess = other.map { "; it looks like '\($0.name)'" } ?? ""
        return ImportError(
            code: .notUnderstood,
            path: path,
            place: .wholeFile,
            detail: "\(which) from '\(configuration.venue.name)', so nothing was imported\(guess)"
        )
    }

    private static func understands(_ messages: MessageBatch, _ dialect: inout any VenueDialect) -> Bool {
        guard let first = messages.entries.first else { return false }
        var events = MarketEvents()
        var answers = MessageBatch()
        return dialect.receive(messages, now: first.tsRecv, events: &events, outgoing: &answers).recognised > 0
    }
}
