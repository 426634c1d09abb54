import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Replaying

/// Books of a recording that grows: gaps that are open when they are read, and ends without a new message.
@Suite(.timeLimit(.minutes(2)))
struct FollowedBooksTests {
    private static func follow(_ recording: GrowingRecording) throws -> EventReader {
        var order = EventOrder()
        order.selection.kinds = [.book]
        order.follows = true
        return EventReader(try recording.catalog(), order)
    }

    /// The events so far: their kind, and the cause or the size of the best bid.
    private static func events(_ reader: inout EventReader) throws -> [String] {
        var events: [String] = []
        while case .chunk(let chunk) = try reader.next() {
            for text in chunk.batch.texts {
                let kind = try #require(text.firstMatch(of: /"kind":"(\w+)"/)).1
                let cause = text.firstMatch(of: /"cause":"(\w+)"/)?.1
                let size = text.firstMatch(of: /"bids":\[\[99,(\d+)/)?.1
                events.append("\(kind) \(cause ?? size ?? "")")
            }
        }
        return events
    }

    /// A book whose last message came before a gap that is still open.
    private static func interrupted() async throws -> (recording: GrowingRecording, reader: EventReader) {
        var recording = try await GrowingRecording()
        try await recording.write([BybitLines.snapshot(7), BybitLines.change(8)], at: 0)
        try await recording.writeGap(from: 1.5)
        var reader = try follow(recording)
        #expect(try events(&reader) == ["snapshot 1", "change 8", "invalid silence"])
        return (recording, reader)
    }

    @Test func `a book is right again after an open gap once the end of the gap is stored`() async throws {
        var (recording, reader) = try await Self.interrupted()
        try await recording.writeGap(from: 1.5, to: 3)
        #expect(try Self.events(&reader) == ["snapshot 8"])
        try await recording.write([BybitLines.change(9)], at: 4)
        #expect(try Self.events(&reader) == ["change 9"])
        await recording.writer.close()
    }

    @Test func `an open gap that turns out to be empty ends as well`() async throws {
        let (recording, found) = try await Self.interrupted()
        var reader = found
        try await recording.writeGap(from: 1.5, to: 1.5)
        #expect(try Self.events(&reader) == ["snapshot 8"])
        await recording.writer.close()
    }

    @Test func `a message that is missing in a gap makes the book absent until its next snapshot`() async throws {
        var (recording, reader) = try await Self.interrupted()
        try await recording.writeGap(from: 1.5, to: 3)
        try await recording.write([BybitLines.change(10), BybitLines.change(11)], at: 4)
        #expect(try Self.events(&reader) == ["snapshot 8", "invalid sequence"])
        try await recording.write([BybitLines.snapshot(20)], at: 6)
        #expect(try Self.events(&reader) == ["snapshot 1"])
        await recording.writer.close()
    }

    private static func kraken(_ type: String, _ size: Int) -> String {
        #"{"channel":"book","type":"\#(type)","data":[{"symbol":"BTC/USD","#
            + #""bids":[{"price":99,"qty":\#(size)}],"asks":[{"price":101,"qty":1}]}]}"#
    }

    @Test func `a book without numbers and checksums needs a snapshot after a gap`() async throws {
        var recording = try await GrowingRecording(venue: "kraken")
        try await recording.write([Self.kraken("snapshot", 1), Self.kraken("update", 2)], at: 0)
        try await recording.writeGap(from: 1.5)
        var reader = try Self.follow(recording)
        #expect(try Self.events(&reader) == ["snapshot 1", "change 2", "invalid silence"])
        try await recording.writeGap(from: 1.5, to: 3)
        try await recording.write([Self.kraken("update", 3)], at: 4)
        #expect(try Self.events(&reader) == [])
        try await recording.write([Self.kraken("snapshot", 4), Self.kraken("update", 5)], at: 5)
        #expect(try Self.events(&reader) == ["snapshot 4", "change 5"])
        await recording.writer.close()
    }

    @Test func `the end of a connection is an event at once, without a new message`() async throws {
        var recording = try await GrowingRecording()
        try await recording.write([BybitLines.snapshot(7)], at: 0)
        var reader = try Self.follow(recording)
        #expect(try Self.events(&reader) == ["snapshot 1"])
        try await recording.disconnect(at: 1)
        #expect(try Self.events(&reader) == ["invalid disconnected"])
        await recording.writer.close()
    }

    // MARK: The tape

    private static func updates(_ tape: inout BookTape) throws -> [BookUpdate] {
        var updates: [BookUpdate] = []
        while tape.next != nil { if try tape.pop() { updates.append(tape.update) } }
        return updates
    }

    @Test func `a damaged last block ends the book at the time of its last message`() async throws {
        var recording = try await GrowingRecording()
        try await recording.write([BybitLines.snapshot(7), BybitLines.change(8)], at: 0)
        let catalog = try recording.catalog()
        var order = BookTape.Order()
        order.follows = true
        var tape = try BookTape(catalog.files, order)
        #expect(try Self.updates(&tape).map(\.kind) == [.snapshot, .change])
        try await recording.write([BybitLines.change(9)], at: 2, isDamaged: true)
        try tape.goOn(catalog.files)
        let updates = try Self.updates(&tape)
        #expect(updates.map(\.tsRecv) == [GrowingRecording.time(1)])
        guard case .invalid(let cause) = updates.first?.kind else {
            Issue.record("\(updates)")
            return
        }
        #expect(cause.word == "damage")
        await recording.writer.close()
    }

    @Test func `a tape of many connections keeps only those that are open`() async throws {
        var recording = try await GrowingRecording()
        let catalog = try recording.catalog()
        var order = BookTape.Order()
        order.follows = true
        var tape = try BookTape(catalog.files, order)
        for number in 0..<20 {
            let seconds = Double(number) * 10
            if number > 0 { try await recording.connect(at: seconds) }
            // Bybit sends number 1 only with snapshots.
            let texts = [BybitLines.snapshot(number + 10), BybitLines.change(number + 11)]
            try await recording.write(texts, at: seconds + 1)
            try await recording.disconnect(at: seconds + 5)
            try tape.goOn(catalog.files)
            let kinds = try Self.updates(&tape).map(\.kind)
            #expect(kinds.prefix(2) == [.snapshot, .change] && kinds.count == 3, "connection \(number)")
            #expect(tape.lanes.count == 1)
        }
        await recording.writer.close()
    }
}
