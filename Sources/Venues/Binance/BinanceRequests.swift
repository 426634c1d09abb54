import MarketModel
import TextEncoding

/// The HTTP requests of one connection, spread out so that they stay within the venue's weight limits.
///
/// A snapshot of 1000 levels has weight 50 of 6000 a minute (spot), or 20 of 2400 (USD-M). One request a second uses
/// half of that.
struct BinanceRequests: Sendable {
    static let interval = Duration.seconds(1)
    /// The pause after the venue has refused a request because of its limits.
    private static let pause = Duration.seconds(60)
    /// How often the open interest of a symbol is asked for.
    private static let pollInterval = Duration.seconds(60)

    private let market: BinanceMarket
    /// Symbols whose books need a snapshot, in the order of the requests.
    private var snapshots: ArraySlice<String> = []
    /// Symbols whose open interest is wanted.
    private let polled: [String]
    private var nextPoll = 0
    private var pollDue: UnixNanoseconds?
    private var due: UnixNanoseconds?

    init(market: BinanceMarket, openInterestOf symbols: [String] = []) {
        self.market = market
        polled = symbols
    }

    var isEmpty: Bool { snapshots.isEmpty && polled.isEmpty }

    /// Asks for a snapshot of `symbol`, unless one is already waiting to be asked for.
    mutating func addSnapshot(of symbol: String) {
        if !snapshots.contains(symbol) { snapshots.append(symbol) }
    }

    /// Waits, because the venue has refused a request.
    mutating func pause(now: UnixNanoseconds) { due = now.advanced(by: Self.pause) }

    /// Sends the next request if its time has come.
    mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if let due, now < due { return }
        guard let exchange = next(now) else { return }
        due = now.advanced(by: Self.interval)
        outgoing.append(exchange.head, kind: .rest, direction: .sent, tsRecv: now)
    }

    private mutating func next(_ now: UnixNanoseconds) -> RESTExchange? {
        let base = market.restBase + market.restPrefix
        if let symbol = snapshots.popFirst() {
            return RESTExchange(url: base + "/depth?symbol=\(Self.encoded(symbol))&limit=1000")
        }
        guard !polled.isEmpty else { return nil }
        if nextPoll == 0 {
            if let pollDue, now < pollDue { return nil }
            pollDue = now.advanced(by: Self.pollInterval)
        }
        defer { nextPoll = (nextPoll + 1) % polled.count }
        return RESTExchange(url: base + "/openInterest?symbol=\(Self.encoded(polled[nextPoll]))")
    }

    private static func encoded(_ symbol: String) -> String {
        PercentEncoding.encodeInvisible(symbol, and: "\"#%&+<>\\^`{|}")
    }
}
