import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Recording

/// The order of changes of the file and of connections, without tasks.
struct RecordedFileTests {
    private static func place(_ directory: TemporaryDirectory, day: String) throws -> RecordingPlace {
        let writer = try ArchiveWriter.open(file: directory.file("\(day).feedrec"))
        return RecordingPlace(
            writer: writer,
            sessionID: 1,
            feedID: 1,
            tsBegun: UnixNanoseconds(0),
            counter: MessageCounter(next: 0),
            instruments: InstrumentNumbers(writer)
        )
    }

    @Test("a change waits for connections, and leads to the next file with totals of its own")
    func change() throws {
        let (first, second) = (try TemporaryDirectory(), try TemporaryDirectory())
        var file = RecordedFile(place: try Self.place(first, day: "2026-01-05"))
        #expect(file.mayChange && file.isStill)
        file.beginConnectionChange()
        #expect(!file.mayChange && !file.isStill)
        file.beginChange()
        file.endConnectionChange()
        #expect(file.isStill && file.isChanging && !file.mayChange)
        file.leave()
        #expect(file.isBroken)
        var totals = CaptureTotals()
        totals.messagesReceived = 7
        let next = try Self.place(second, day: "2026-01-06")
        file.move(to: next, totals: totals)
        file.arrive()
        file.endChange()
        #expect(file.place.writer === next.writer && file.totalsBefore == totals)
        #expect(file.mayChange && !file.isBroken)
    }

    @Test("a change that fails after the old file was left is broken for good")
    func broken() throws {
        let directory = try TemporaryDirectory()
        var file = RecordedFile(place: try Self.place(directory, day: "2026-01-05"))
        file.beginChange()
        file.leave()
        file.endChange()
        #expect(file.isBroken && !file.isChanging)
    }
}
