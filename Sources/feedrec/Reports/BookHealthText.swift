import Archive
import JSONScanning
import MarketModel

/// How often order books were valid, for people and for programs.
enum BookHealthText {
    /// One line per book: the share of its time in which it was valid, resynchronisations, and checksums.
    static func lines(of books: [BookHealth]) -> [String] {
        let width = books.map { VisibleText.columns(VisibleText.escaped($0.symbol)) }.max() ?? 0
        return books.map { book in
            "  book         \(VisibleText.padded(book.symbol, to: width)) \(book.channel): "
                + "valid \(CoverageText.text(book.fraction)), "
                + RecordingFacts.counted(book.resyncs, "resynchronisation") + ", " + checksums(of: book)
        }
    }

    private static func checksums(of book: BookHealth) -> String {
        guard book.checksums > 0 else { return book.isVerifiable ? "no checksums" : "unverifiable" }
        let failures = RecordingFacts.grouped(book.checksumFailures)
        return "\(failures) of \(RecordingFacts.counted(book.checksums, "checksum")) wrong"
    }

    static func json(of books: [BookHealth]) -> String {
        let objects = books.map { book in
            var object = JSONObjectWriter()
            object.text("venue", book.venue)
            object.text("symbol", book.symbol)
            object.text("channel", book.channel)
            object.raw("valid_fraction", "\(book.fraction)")
            object.integer("known_ns", book.knownNS)
            object.integer("valid_ns", book.validNS)
            object.integer("resyncs", book.resyncs)
            object.integer("checksums", book.checksums)
            object.integer("checksum_failures", book.checksumFailures)
            object.boolean("is_verifiable", book.isVerifiable)
            return object.text()
        }
        return "[" + objects.joined(separator: ",") + "]"
    }
}
