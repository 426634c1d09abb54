import Archive
import MarketModel
import Replaying
import Venues

/// Looks at a book at random instants.
struct BookLookups {
    let recording: BookRecording
    let seed: UInt64

    /// The time of each lookup in milliseconds, sorted; each opens the archive, as a program that shows one book does.
    func run(_ count: Int) throws -> [Double] {
        let span = try span()
        var random = SplitMix64(seed: seed)
        var times: [Double] = []
        let progress = UpkeepProgress.reporter(of: "looking at books of \(recording.venue.name)")
        for number in 0..<count {
            progress(Double(number) / Double(count))
            let offset = random.next() % UInt64(max(1, span.last.rawValue - span.first.rawValue))
            let time = UnixNanoseconds(span.first.rawValue + Int64(offset))
            let start = Clocks.monotonic.now
            let search = try BookSearch(recording.files.map { try ArchiveReader(path: $0) })
            for subject in try search.subjects(symbol: recording.symbol, venue: nil, channel: nil) {
                do { _ = try search.book(subject, at: time) } catch is BookAbsence {}
            }
            times.append(start.duration(to: Clocks.monotonic.now) / .milliseconds(1))
        }
        return times.sorted()
    }

    private func span() throws -> (first: UnixNanoseconds, last: UnixNanoseconds) {
        let summaries = try recording.files.map { try ArchiveReader(path: $0).summary() }
        guard let first = summaries.compactMap(\.tsFirst).min(), let last = summaries.compactMap(\.tsLast).max() else {
            throw Failure("the recording of \(recording.venue.name) has no messages")
        }
        return (first, last)
    }
}
