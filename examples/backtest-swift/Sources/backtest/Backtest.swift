import FeedrecReplay

/// A backtest that reads the files of a recording directly: `swift run -c release backtest ../../tape EURUSD`.
///
/// It buys when the short average of the mid price crosses above the long average and sells when it crosses below. It
/// closes its position at a gap, because the prices there are unknown.
@main
struct Backtest {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.first else {
            print("usage: backtest ARCHIVE [SYMBOL …]")
            return
        }
        let symbols = Set(arguments.dropFirst())
        let tape = try ReplayTape(paths: [path], symbols: symbols.isEmpty ? nil : symbols)
        var books = tape.instruments.map { Crossing(instrument: $0) }
        var count = 0
        for try await batch in tape.batches() {
            count += batch.count
            for event in batch {
                switch event {
                case .quote(let quote): books[quote.instrument].add(quote)
                case .trade: continue
                case .gap, .disconnect: for index in books.indices { books[index].close() }
                }
            }
        }
        for index in books.indices {
            books[index].close()
            print("\(books[index].instrument.symbol): \(books[index].trades) trades, profit \(books[index].profit)")
        }
        print("\(count) events")
    }
}

/// Two exponential averages of one instrument's mid price, and the resulting position.
struct Crossing {
    let instrument: Instrument
    private(set) var trades = 0
    private(set) var profit = 0.0
    private var bid = 0.0
    private var ask = 0.0
    private var short: Double?
    private var long = 0.0
    private var position = 0
    private var entry = 0.0

    init(instrument: Instrument) {
        self.instrument = instrument
    }

    mutating func add(_ quote: Quote) {
        bid = instrument.price(quote.bidPrice)
        ask = instrument.price(quote.askPrice)
        let mid = (bid + ask) / 2
        if short == nil { long = mid }
        let average = (short ?? mid) + (mid - (short ?? mid)) * 0.1
        short = average
        long += (mid - long) * 0.01
        let wanted = average > long ? 1 : -1
        guard wanted != position else { return }
        close()
        position = wanted
        entry = wanted > 0 ? ask : bid
        trades += 1
    }

    mutating func close() {
        if position > 0 { profit += bid - entry }
        if position < 0 { profit += entry - ask }
        position = 0
    }
}
