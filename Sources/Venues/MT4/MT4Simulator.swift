package import MarketModel

/// Generates the tape of an MT4 hub.
///
/// The same seed and the same subscriptions give the same bytes on every machine.
///
/// Prices move at random by whole points. Every message is one that the subscriptions given to ``next(_:for:into:)``
/// allow. Times are tape times: message `n` arrives at `start + n / ratePerSecond`.
package struct MT4Simulator: Sendable {
    /// Differences from a healthy hub.
    package struct Options: Sendable, Hashable {
        package var spelling = MT4Spelling()
        /// The hub loses its MT4 server from time to time, reports it, and sends no quotes meanwhile.
        package var hasOutages = false
        /// Mixes in disturbances; see ``MT4Mess``.
        package var hasMess = false

        package init() {}
    }

    /// Whether the meaning of each message is recorded in ``ledger``.
    package var keepsLedger = false
    /// The meanings since ``ledger`` was last emptied, in order.
    package var ledger: [MT4LedgerEntry] = []
    /// The number of messages generated so far.
    package private(set) var count = 0

    let options: Options
    let nanosecondsPerMessage: Double
    let start: UnixNanoseconds
    var random: SplitMix64
    var instruments: [MT4Instrument]
    var accounts: [MT4Account]
    var trades = MT4TradeBook()
    var clock = MT4SecondText()
    var writer: MT4RecordWriter
    /// The remaining messages of an outage; 0 while the MT4 server is connected.
    var outageMessages = 0
    /// True between the two messages that report an outage and its end.
    var isDown = false
    /// The last record, for repetitions.
    var lastRecord: (bytes: [UInt8], entries: [MT4LedgerEntry]) = ([], [])
    /// The kinds of messages possible for ``wanted``.
    private(set) var choice = MT4Choice()
    private var wanted: MT4Wanted?

    /// Starts a tape.
    ///
    /// - Parameters:
    ///   - seed: Any number.
    ///   - symbols: The traded symbols; see ``MT4Instrument`` for their digits.
    ///   - ratePerSecond: Messages per second of tape time, from 0.001 to 1e9.
    ///   - start: The time of the first message.
    ///   - platform: The ID of the MT4 server in every message.
    ///   - options: Differences from a healthy hub.
    package init(
        seed: UInt64,
        symbols: [String],
        ratePerSecond: Double,
        start: UnixNanoseconds,
        platform: String,
        options: Options = Options()
    ) {
        precondition(ratePerSecond >= 0.001 && ratePerSecond <= 1e9, "the rate must lie between 0.001 and 1e9")
        self.start = start
        self.options = options
        writer = MT4RecordWriter(platform: platform)
        writer.spelling = options.spelling
        nanosecondsPerMessage = 1e9 / ratePerSecond
        random = SplitMix64(seed: seed)
        instruments = symbols.map { MT4Instrument(symbol: $0) }
        accounts = (0..<20).map { MT4Account(login: 1001 + Int64($0)) }
    }

    /// Appends the next `count` messages of the tape for a client with the subscriptions `wanted`.
    ///
    /// - Returns: The number of appended messages: `count`, or 0 if nothing in `wanted` can be generated.
    @discardableResult
    package mutating func next(_ count: Int, for wanted: MT4Wanted, into batch: inout MessageBatch) -> Int {
        if wanted != self.wanted {
            choice = MT4Choice(wanted, instruments: instruments, hasOutages: options.hasOutages)
            self.wanted = wanted
        }
        guard choice.weightSum > 0, count > 0 else { return 0 }
        for _ in 0..<count { appendMessage(to: &batch) }
        return count
    }

    /// Returns the time of message `index`.
    ///
    /// It does not depend on the state.
    package func time(ofMessage index: Int) -> UnixNanoseconds {
        let elapsed = min(Double(index) * nanosecondsPerMessage, 4e18)
        return start.advanced(by: .nanoseconds(Int64(elapsed)))
    }

    private mutating func appendMessage(to batch: inout MessageBatch) {
        let tsRecv = time(ofMessage: count)
        clock.advance(to: tsRecv)
        let offset = batch.bytes.count
        if options.hasMess { appendMess(to: &batch.bytes) } else { appendRecord(to: &batch.bytes) }
        let length = batch.bytes.count - offset
        batch.entries.append(
            MessageBatch.Entry(offset: offset, length: length, tsRecv: tsRecv, direction: .received, kind: .text)
        )
        count += 1
    }

    /// Appends the next record.
    mutating func appendRecord(to output: inout [UInt8]) {
        write(nextKind())
        appendWritten(to: &output)
    }

    /// Appends what the writer has written.
    mutating func appendWritten(to output: inout [UInt8]) {
        output.append(contentsOf: writer.bytes)
        output.append(0x1E)
    }

    /// Draws the next kind of message.
    ///
    /// There are no quotes during an outage.
    mutating func nextKind() -> MT4Choice.Kind {
        let kind = choice.pick(draw(below: choice.weightSum))
        guard outageMessages > 0 else { return kind }
        outageMessages -= 1
        if outageMessages == 0 { return .connectionStatus }
        return kind.isQuote || kind == .connectionStatus ? .marginUpdate : kind
    }

    /// Returns one of `candidates`, which must not be empty.
    mutating func anyOf<Candidate>(_ candidates: [Candidate]) -> Candidate {
        candidates[draw(below: candidates.count)]
    }

    /// Returns a number from 0 to below `bound`, by our own rule, because the standard library's may change.
    mutating func draw(below bound: Int) -> Int {
        Int(random.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func note(_ entry: MT4LedgerEntry) {
        if keepsLedger { ledger.append(entry) }
    }

    mutating func noteQuote(of index: Int) {
        if keepsLedger { ledger.append(.quote(instruments[index].entry(tsEvent: clock.time))) }
    }

    mutating func noteMargin(of index: Int) {
        if keepsLedger { ledger.append(.margin(accounts[index].entry)) }
    }
}
