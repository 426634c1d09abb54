import MarketModel

/// The books of a symbol on its channels at ascending instants; the one with the most levels is shown.
///
/// Which one that is, is decided at the first instant with a valid book, so that a series is about one book.
struct BookWalks {
    private var walks: [BookWalk]
    private var chosen: Int?

    init(walks: [BookWalk]) { self.walks = walks }

    /// - Throws: ``BookAbsence`` if no right book is known at `time`.
    mutating func book(at time: UnixNanoseconds) throws -> RecordedBook {
        if let chosen { return try walks[chosen].book(at: time) }
        var best: (index: Int, book: RecordedBook)?
        var absence = BookAbsence(reason: "there is no book")
        for index in walks.indices {
            do {
                let book = try walks[index].book(at: time)
                if best.map({ $0.book.levelCount < book.levelCount }) ?? true { best = (index, book) }
            } catch let found as BookAbsence {
                absence = found
            }
        }
        guard let best else { throw absence }
        chosen = best.index
        return best.book
    }
}
