package import MarketModel

/// Makes up the tape of an MT4 hub: the same seed and the same wishes give the same bytes on every machine.
///
/// Prices walk at random by whole points. Every message is one hub record, and one that the client gets who wants what
/// ``next(_:for:into:)`` is told. Times are of the tape: message `n` arrives at `start + n / ratePerSecond`.
package struct MT4Simulator: Sendable {
    /// Notes what each message means in ``ledger``, beside writing it.
    package var keepsLedger = false
    /// What was meant since ``ledger`` was last emptied, in order.
    package var ledger: [MT4LedgerEntry] = []
    /// Messages made so far.
    package private(set) var count = 0

    let platform: [UInt8]
    let nanosecondsPerMessage: Double
    let start: UnixNanoseconds
    var random: SplitMix64
    var instruments: [MT4Instrument]
    var accounts: [MT4Account]
    var clock = MT4SecondText()
    /// What may be made for ``wanted``.
    private var choice = MT4Choice()
    private var wanted: MT4Wanted?

    /// Starts a tape.
    ///
    /// - Parameters:
    ///   - seed: Any number.
    ///   - symbols: What is traded; see ``MT4Instrument`` for their digits.
    ///   - ratePerSecond: Messages per second of tape time; at least one in a thousand seconds.
    ///   - start: The time of the first message.
    ///   - platform: The id of the MT4 server in every message.
    package init(
        seed: UInt64,
        symbols: [String],
        ratePerSecond: Double,
        start: UnixNanoseconds,
        platform: String
    ) {
        precondition(ratePerSecond >= 0.001 && ratePerSecond <= 1e9, "the rate must lie between 0.001 and 1e9")
        self.start = start
        self.platform = MT4JSON.quoted(platform)
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
            choice = MT4Choice(wanted, instruments: instruments)
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
        let number = draw(below: choice.weightSum)
        switch choice.pick(number) {
        case .tick: appendTick(to: &batch.bytes)
        case .ticks: appendTicks(to: &batch.bytes)
        case .marginUpdate: appendMarginUpdate(to: &batch.bytes)
        case .symbolInfoItem: appendSymbolInfoItem(to: &batch.bytes)
        case .marginLevelItem: appendMarginLevelItem(to: &batch.bytes)
        }
        let length = batch.bytes.count - offset
        batch.entries.append(
            MessageBatch.Entry(offset: offset, length: length, tsRecv: tsRecv, direction: .received, kind: .text)
        )
        count += 1
    }

    // MARK: Records

    private mutating func appendTick(to output: inout [UInt8]) {
        MT4JSON.append(#"{"type":1,"target":"OnTick","arguments":["#, to: &output)
        appendTickArgs(of: anyOf(choice.tickInstruments), to: &output)
        MT4JSON.append("]}\u{1E}", to: &output)
    }

    private mutating func appendTicks(to output: inout [UInt8]) {
        MT4JSON.append(#"{"type":1,"target":"OnTicks","arguments":[{"tradePlatform":"#, to: &output)
        output.append(contentsOf: platform)
        MT4JSON.append(#","ticks":["#, to: &output)
        let elements = 2 + draw(below: 4)
        for element in 0..<elements {
            if element > 0 { output.append(UInt8(ascii: ",")) }
            appendTickArgs(of: anyOf(choice.tickInstruments), to: &output)
        }
        MT4JSON.append("]}]}\u{1E}", to: &output)
    }

    private mutating func appendTickArgs(of index: Int, to output: inout [UInt8]) {
        instruments[index].move(&random)
        MT4JSON.append(#"{"tradePlatform":"#, to: &output)
        output.append(contentsOf: platform)
        MT4JSON.append(#","tick":{"symbol":"#, to: &output)
        instruments[index].appendTickTail(lastTime: clock.text, to: &output)
        MT4JSON.append("}}", to: &output)
        note(instruments[index])
    }

    private mutating func appendSymbolInfoItem(to output: inout [UInt8]) {
        appendItemHead(of: anyOf(choice.tickStreams), to: &output)
        let index = draw(below: instruments.count)
        instruments[index].move(&random)
        instruments[index].appendSymbolInfo(lastTime: clock.text, to: &output)
        MT4JSON.append("}\u{1E}", to: &output)
        note(instruments[index])
    }

    private mutating func appendMarginLevelItem(to output: inout [UInt8]) {
        appendItemHead(of: anyOf(choice.marginStreams), to: &output)
        appendMarginLevel(to: &output)
        MT4JSON.append("}\u{1E}", to: &output)
    }

    private mutating func appendMarginUpdate(to output: inout [UInt8]) {
        MT4JSON.append(#"{"type":1,"target":"OnMarginUpdate","arguments":[{"tradePlatform":"#, to: &output)
        output.append(contentsOf: platform)
        MT4JSON.append(#","margins":["#, to: &output)
        let elements = 1 + draw(below: 3)
        for element in 0..<elements {
            if element > 0 { output.append(UInt8(ascii: ",")) }
            appendMarginLevel(to: &output)
        }
        MT4JSON.append("]}]}\u{1E}", to: &output)
    }

    private mutating func appendMarginLevel(to output: inout [UInt8]) {
        let index = draw(below: accounts.count)
        accounts[index].move(&random)
        accounts[index].appendMarginLevel(to: &output)
        if keepsLedger { ledger.append(.margin(accounts[index].entry)) }
    }

    private func appendItemHead(of invocationID: [UInt8], to output: inout [UInt8]) {
        MT4JSON.append(#"{"type":2,"invocationId":"#, to: &output)
        output.append(contentsOf: invocationID)
        MT4JSON.append(#","item":"#, to: &output)
    }

    /// One of `candidates`, of which there is at least one wherever its kind was chosen.
    private mutating func anyOf<Candidate>(_ candidates: [Candidate]) -> Candidate {
        candidates[draw(below: candidates.count)]
    }

    /// A number from 0 up to `bound`, by our own rule: the standard library's may change.
    private mutating func draw(below bound: Int) -> Int {
        Int(random.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    private mutating func note(_ instrument: MT4Instrument) {
        guard keepsLedger else { return }
        ledger.append(.quote(instrument.entry(tsEvent: clock.time)))
    }
}
