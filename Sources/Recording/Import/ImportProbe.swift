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

    private let configuration: MessageImporter.Configuration
    private var dialect: any VenueDialect
    private var pages: [Page] = []
    private var first = FirstMessages()
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
        if !isUnderstood {
            first.append(page.messages)
            isUnderstood = ReadingPipeline.recall(page.messages, dialect: &dialect).recognised > 0
        }
        pages.append(page)
        guard isUnderstood else {
            if first.isFull { throw first.refusal(by: configuration.venue, path) }
            return []
        }
        defer {
            pages = []
            first = FirstMessages()
        }
        return pages
    }

    /// Returns the remaining pages at the end of a file that had no messages.
    ///
    /// - Throws: `ImportError` if there are received messages, because none was understood.
    func finish(_ path: String) throws(ImportError) -> [Page] {
        guard first.received == 0 else { throw first.refusal(by: configuration.venue, path) }
        return pages
    }
}
