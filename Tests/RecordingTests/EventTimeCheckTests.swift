import FeedrecTestKit
import MarketModel
import Testing

@testable import Recording

/// The venue's times compared with the receive times.
struct EventTimeCheckTests {
    private static let receipt = UnixNanoseconds(1_767_571_200_000_000_000)
    private var check = EventTimeCheck()

    /// Quotes and trades after the check, with times that are `leads` after their receipt.
    private mutating func run(_ leads: [Duration]) -> MarketEvents {
        var batch = MessageBatch()
        var symbols = SymbolTable()
        let symbol = Array("A".utf8).withUnsafeBytes { symbols.intern($0) }
        var events = MarketEvents()
        for (index, lead) in leads.enumerated() {
            batch.append([], direction: .received, tsRecv: Self.receipt)
            let trade = Trade(
                origin: EventOrigin(message: index, item: 0),
                symbol: symbol,
                tsEvent: Self.receipt.advanced(by: lead),
                price: .zero,
                size: .zero,
                aggressorSide: nil,
                tradeID: nil
            )
            events.trades.append(trade)
        }
        check.check(&events, batch)
        return events
    }

    @Test("kind 6 a time that cannot be right is removed, and an oddity stored")
    mutating func wrongTimes() {
        let year = Duration.seconds(365 * 86_400)
        let events = run([.zero, year, .zero - year * 56, .zero - year])
        #expect(events.trades.map { $0.tsEvent != nil } == [true, false, false, true])
        #expect(events.venueEvents.map(\.kind) == ["wrong_time", "wrong_time"])
        #expect(events.venueEvents.map(\.origin.message) == [1, 2])
        #expect(events.venueEvents.allSatisfy { $0.isOddity && $0.symbol != nil })
    }

    @Test("B11 times an hour ahead are used and counted, and cause one warning")
    mutating func hourAhead() {
        let events = run([.seconds(3600)])
        #expect(events.trades.first?.tsEvent != nil && events.venueEvents.isEmpty)
        let warning = check.takeWarning()
        #expect(warning?.contains("3600 s ahead") == true)
        _ = run([.seconds(3600), .seconds(3600)])
        let again = check.takeWarning()
        #expect(again == nil && check.ticksAhead == 3)
    }

    @Test("B11 times some seconds ahead cause a warning if they persist")
    mutating func secondsAhead() {
        for _ in 0..<10 {
            _ = run([Duration](repeating: .seconds(8), count: 19) + [.seconds(4)])
            let warning = check.takeWarning()
            #expect(warning == nil)
        }
        _ = run([Duration](repeating: .seconds(8), count: 20))
        let warning = check.takeWarning()
        #expect(warning != nil)
        #expect(check.ticksAhead == 210)
    }

    @Test("kind 6 all other events with a time are checked too")
    mutating func otherEvents() {
        var batch = MessageBatch()
        batch.append([], direction: .received, tsRecv: Self.receipt)
        let origin = EventOrigin(message: 0, item: 0)
        let wrong = UnixNanoseconds(1_767_571_200_000)
        var symbols = SymbolTable()
        let symbol = Array("A".utf8).withUnsafeBytes { symbols.intern($0) }
        var events = MarketEvents()
        var bar = VenueBar(origin: origin, symbol: symbol)
        bar.tsEvent = wrong
        var order = OrderUpdate(origin: origin, ticket: 1)
        (order.tsEvent, order.tsOpen) = (wrong, wrong)
        var margin = MarginUpdate(origin: origin, login: 1)
        margin.tsEvent = wrong
        (events.venueBars, events.orderUpdates, events.marginUpdates) = ([bar], [order], [margin])
        check.check(&events, batch)
        #expect(events.venueBars.first?.tsEvent == nil && events.marginUpdates.first?.tsEvent == nil)
        #expect(events.orderUpdates.first?.tsEvent == nil)
        #expect(events.orderUpdates.first?.tsOpen == wrong, "an order may have been opened at any time")
        #expect(events.venueEvents.count == 3)
    }
}
