package import Interchange
import MarketModel
package import Venues

/// Finds out which venue sent messages, by letting the readers of all venues read them.
package enum VenueDetection {
    /// How much of the messages a venue's reader understands.
    struct Score: Hashable {
        var recognised = 0
        var unrecognised = 0
    }

    /// The venue that sent the messages of `files`, from the first messages of each.
    ///
    /// The reader that recognises most wins; if several do, the one that leaves fewest unrecognised.
    ///
    /// - Throws: `ImportError` if no reader or several understand the messages equally well, and for unreadable files.
    package static func venue(
        of files: [String],
        format: MessageLineFormat?,
        onMalformedLine policy: MessageFileReader.MalformedLinePolicy
    ) throws(ImportError) -> Venue {
        var first = FirstMessages()
        for path in files {
            var own = FirstMessages()
            var reader = try MessageFileReader(path: path, format: format, onMalformedLine: policy)
            var batch = MessageBatch()
            var opened: [Interchange.ConnectionOpened] = []
            while !own.isFull, try next(&reader, &batch, &opened, isFirst: own.isEmpty) { own.append(batch) }
            for batch in own.take() { first.append(batch) }
        }
        let count = first.received
        let found = candidates(for: first.take(), among: Venue.all)
        if found.count == 1 { return found[0] }
        let those = Counted.text(count, "message")
        let detail =
            found.isEmpty
            ? "no venue understands the first \(those)"
            : "the first \(those) may come from \(words(found))"
        throw ImportError(code: .unclearVenue, path: files.first ?? "", place: .wholeFile, detail: detail)
    }

    /// Replaces `batch` by the next messages; an error after the first ones is left to the import.
    private static func next(
        _ reader: inout MessageFileReader,
        _ batch: inout MessageBatch,
        _ opened: inout [Interchange.ConnectionOpened],
        isFirst: Bool
    ) throws(ImportError) -> Bool {
        batch.removeAll()
        do throws(ImportError) {
            return try reader.next(maxMessages: FirstMessages.messagesMax, into: &batch, connectionEvents: &opened)
        } catch {
            if isFirst { throw error }
            return false
        }
    }

    /// The venues whose readers understand the messages best; several if they do so equally well.
    static func candidates(for batches: [MessageBatch], among venues: [Venue]) -> [Venue] {
        var best = Score()
        var found: [Venue] = []
        for venue in venues {
            let own = score(of: venue, VenueReading(), batches)
            guard own.recognised > 0 else { continue }
            if (own.recognised, -own.unrecognised) > (best.recognised, -best.unrecognised) { found = [] }
            if found.isEmpty { best = own }
            if own == best { found.append(venue) }
        }
        return found
    }

    static func score(of venue: Venue, _ reading: VenueReading, _ batches: [MessageBatch]) -> Score {
        var dialect = venue.makeReader(reading)
        var score = Score()
        for batch in batches {
            let outcome = ReadingPipeline.recall(batch, dialect: &dialect)
            score.recognised += outcome.recognised
            score.unrecognised += outcome.unrecognised
        }
        return score
    }

    /// The names of venues as the end of a sentence.
    static func words(_ venues: [Venue]) -> String {
        venues.map { "'\($0.name)'" }.joined(separator: " or ")
    }
}
