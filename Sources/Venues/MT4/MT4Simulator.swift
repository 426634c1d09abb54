package import MarketModel

/// Makes up the tape of an MT4 hub: the same seed and the same wishes give the same bytes on every machine.
///
/// Prices walk at random by whole points. Every message is one that the client gets who wants what
/// ``next(_:for:into:)`` is told. Times are of the tape: message `n` arrives at `start + n / ratePerSecond`.
package struct MT4Simulator: Sendable {
    /// What differs from a hub on a good day.
    package struct Options: Sendable, Hashable {
        package var spelling = MT4Spelling()
        /// Loses its MT4 server now and then, says so, and has no quotes meanwhile.
        package var hasOutages = false
        /// Mixes in what a recorder must survive; see ``MT4Mess``.
        package var hasMess = false

        package init() {}
    }

    /// Notes what each message means in ``ledger``, beside writing it.
    package var keepsLedger = false
    /// What was meant since ``ledger`` was last emptied, in order.
    package var ledger: [MT4LedgerEntry] = []
    /// Messages made so far.
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
    /// Messages that are left of an outage; 0 while the MT4 server is there.
    var outageMessages = 0
    /// True between the two messages that tell of an outage.
    var isDown = false
    /// The last record, for a hub that repeats itself.
    var lastRecord: (bytes: [UInt8], entries: [MT4LedgerEntry]) = ([], [])
    /// What may be made for ``wanted``.
    private(set) var choice = MT4Choice()
    private var wanted: MT4Wanted?

    /// Starts a tape.
    ///
    /// - Parameters:
    ///   - seed: Any number.
    ///   - symbols: What is traded; see ``MT4Instrument`` for their digits.
    ///   - ratePerSecond: Messages per second of tape time; at least one in a thousand seconds.
    ///   - start: The time of the first message.
    ///   - platform: The id of the MT4 server in every message.
    ///   - options: What differs from a hub on a good day.
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

    /// Appends the next `count` messages of the tape for a client that wants `wanted`.
    ///
    /// - Returns: How many were appended: `count`, or 0 where nothing that is wanted can be made up.
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

    /// The time of message `index`, which is the same at whatever times it is asked for.
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

    /// Draws what comes next; during an outage nothing that quotes.
    mutating func nextKind() -> MT4Choice.Kind {
        let kind = choice.pick(draw(below: choice.weightSum))
        guard outageMessages > 0 else { return kind }
        outageMessages -= 1
        if outageMessages == 0 { return .connectionStatus }
        return kind.isQuote || kind == .connectionStatus ? .marginUpdate : kind
    }

    /// One of `candidates`, of which there is at least one wherever its kind was chosen.
    mutating func anyOf<Candidate>(_ candidates: [Candidate]) -> Candidate {
        candidates[draw(below: candidates.count)]
    }

    /// A number from 0 up to `bound`, by our own rule: the standard library's may change.
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
