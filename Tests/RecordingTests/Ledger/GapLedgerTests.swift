import Archive
import MarketModel
import Testing

@testable import Recording

/// Which gaps are open at the same time, and how much each of them cost.
struct GapLedgerTests {
    private static func time(_ seconds: Int) -> UnixNanoseconds { UnixNanoseconds(Int64(seconds) * 1_000_000_000) }

    /// A ledger of a feed that has delivered ten messages a second.
    private var ledger: GapLedger = {
        var ledger = GapLedger(place: .init(sessionID: 1, feedID: 2))
        ledger.noteRate(10, at: .seconds(1))
        ledger.noteRate(20, at: .seconds(2))
        return ledger
    }()
    private var lastID: Int64 = 0

    private mutating func begin(_ cause: GapCause, _ seconds: Int) -> GapRow? {
        lastID += 1
        return ledger.begin(cause, id: lastID, from: Self.time(seconds), detail: nil)
    }

    private mutating func end(_ group: GapGroup, _ seconds: Int) -> GapRow? {
        ledger.end(group, at: Self.time(seconds))
    }

    @Test("kind 1 one gap of each group is open at a time, with its own ends; a failed reconnect is not another gap")
    mutating func groups() throws {
        let causes: [GapCause] = [.upstream, .disconnect, .refused, .diskFull]
        let rows = causes.enumerated().map { begin($0.element, 10 + $0.offset) }
        #expect(rows.map { $0?.cause } == ["upstream", "disconnect", nil, "disk_full"])
        #expect(ledger.count == 3 && ledger.isOpen && ledger.cause(of: .connection) == .disconnect)
        #expect(end(.connection, 20)?.tsTo == Self.time(20))
        #expect(end(.connection, 21) == nil && ledger.isOpen)
        #expect(end(.venue, 22)?.tsFrom == Self.time(10) && ledger.isOpen)
        #expect(end(.storage, 23)?.tsFrom == Self.time(13) && !ledger.isOpen)
        #expect(ledger.unsettled.map(\.tsTo) == [22, 20, 23].map(Self.time))
    }

    @Test("kind 1 the cost of overlapping gaps is counted once, by the rate before the first of them")
    mutating func estimates() throws {
        _ = begin(.upstream, 10)
        _ = begin(.disconnect, 15)
        #expect(end(.connection, 18)?.estimatedCount == 0, "the gap of the venue counts it")
        _ = begin(.disconnect, 25)
        #expect(end(.venue, 30)?.estimatedCount == 200)
        #expect(end(.connection, 33)?.estimatedCount == 30)
        _ = begin(.silence, 40)
        #expect(end(.connection, 42)?.estimatedCount == 20, "earlier gaps have no effect")
    }

    @Test("kind 1 messages that could not be stored are counted, and those that did not arrive meanwhile are estimated")
    mutating func storage() throws {
        _ = begin(.diskFull, 10)
        ledger.leaveOut(7)
        _ = begin(.disconnect, 12)
        ledger.leaveOut(1)
        #expect(end(.connection, 14)?.estimatedCount == 20)
        #expect(end(.storage, 16)?.estimatedCount == 8)
    }

    @Test(
        "kind 1 every cause of a gap with an open end has an estimate",
        arguments: GapCause.allCases.filter { $0.group != nil }
    )
    mutating func causes(cause: GapCause) throws {
        let group = try #require(cause.group)
        _ = begin(cause, 10)
        ledger.leaveOut(3)
        #expect(end(group, 15)?.estimatedCount == (group == .storage ? 3 : 50))
    }

    @Test("kind 1 nothing is estimated before the first data of a feed; a moment of data is enough")
    mutating func unknown() throws {
        ledger = GapLedger(place: .init(sessionID: 1, feedID: 2))
        ledger.noteRate(0, at: .seconds(5))
        _ = begin(.disconnect, 10)
        let unknown = end(.connection, 20)
        #expect(unknown != nil && unknown?.estimatedCount == nil)
        ledger.noteRate(0, at: .seconds(20))
        ledger.noteRate(4, at: .milliseconds(20_500))
        _ = begin(.silence, 30)
        #expect(end(.connection, 40)?.estimatedCount == 40)
    }

    @Test("kind 1 open gaps end with their file and continue in the next one, in order")
    mutating func files() throws {
        _ = begin(.upstream, 10)
        _ = begin(.overload, 12)
        ledger.leaveOut(5)
        let ended = ledger.endFile(at: Self.time(20))
        #expect(ended.map(\.estimatedCount) == [100, 5] && ended.allSatisfy { $0.tsTo == Self.time(20) })
        var id: Int64 = 0
        let begun = ledger.beginFile(.init(sessionID: 3, feedID: 4), at: Self.time(20)) {
            id += 1
            return id
        }
        #expect(begun.map(\.cause) == ["upstream", "overload"] && begun.map(\.gapID) == [1, 2])
        #expect(begun.allSatisfy { $0.sessionID == 3 && $0.feedID == 4 && $0.tsTo == nil })
        ledger.leaveOut(2)
        #expect(end(.storage, 21)?.estimatedCount == 2)
        #expect(end(.venue, 22)?.estimatedCount == 20)
    }

    @Test("kind 1 open gaps of an earlier recorder continue; those with both ends do not")
    mutating func adopted() throws {
        let rows = ["restart", "upstream", "sequence"].enumerated().map {
            GapRow(gapID: Int64($0.offset), sessionID: 1, feedID: 2, tsFrom: Self.time(1), cause: $0.element)
        }
        ledger = GapLedger(place: .init(sessionID: 9, feedID: 9), adopted: rows)
        #expect(ledger.count == 0 && ledger.cause(of: .connection) == .restart)
        #expect(begin(.disconnect, 5) == nil, "it is the same hole")
        let ended = end(.connection, 8)
        #expect(ended?.sessionID == 1 && ended?.cause == "restart" && ended?.tsTo == Self.time(8))
        #expect(end(.venue, 9)?.gapID == 1)
    }
}
