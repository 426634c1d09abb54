import MarketModel

/// One simulated account; amounts in hundredths of its currency.
struct MT4Account: Sendable {
    private let login: Int64
    private let leverage: Int64
    private let balance: Int64
    private let margin: Int64
    private let volume: Int64
    private var equity: Int64

    init(login: Int64) {
        self.login = login
        leverage = login % 3 == 0 ? 500 : 100
        balance = login * 1013
        // Every fifth account has no open position, and so no margin.
        margin = login % 5 == 0 ? 0 : balance / 2 + login % 100
        volume = margin == 0 ? 0 : login % 7 * 100 + 10
        equity = balance
    }

    /// Lets the open positions gain or lose.
    mutating func move(_ random: inout SplitMix64) {
        guard margin > 0 else { return }
        let step = Int64(random.next() % 40_001) - 20_000
        equity = min(max(equity + step, balance / 10), balance * 2)
    }

    /// Appends a MarginLevel object.
    func appendMarginLevel(to output: inout [UInt8]) {
        MT4JSON.append(#"{"group":"demoforex","login":"#, to: &output)
        MT4JSON.append(login, digits: 0, to: &output)
        appendDecimal(#","leverage":"#, leverage, digits: 0, to: &output)
        appendDecimal(#","updated":0,"balance":"#, balance, to: &output)
        appendDecimal(#","equity":"#, equity, to: &output)
        appendDecimal(#","volume":"#, volume, digits: 0, to: &output)
        appendDecimal(#","margin":"#, margin, to: &output)
        appendDecimal(#","free":"#, equity - margin, to: &output)
        appendDecimal(#","level":"#, marginLevel, to: &output)
        MT4JSON.append(#","controllingType":"Percent","levelType":"#, to: &output)
        switch state {
        case .ok: MT4JSON.append(#""Ok"}"#, to: &output)
        case .marginCall: MT4JSON.append(#""MarginCall"}"#, to: &output)
        case .stopOut: MT4JSON.append(#""StopOut"}"#, to: &output)
        }
    }

    /// What the account's MarginLevel says.
    var entry: MT4LedgerEntry.Margin {
        var update = MarginUpdate(origin: EventOrigin(message: 0, item: 0), login: login)
        update.leverage = leverage
        update.balance = FixedDecimal(mantissa: balance, digits: 2)
        update.equity = FixedDecimal(mantissa: equity, digits: 2)
        update.volume = FixedDecimal(mantissa: volume, digits: 0)
        update.margin = FixedDecimal(mantissa: margin, digits: 2)
        update.marginFree = FixedDecimal(mantissa: equity - margin, digits: 2)
        update.marginLevel = FixedDecimal(mantissa: marginLevel, digits: 2)
        update.state = state
        return MT4LedgerEntry.Margin(update)
    }

    /// Equity in hundredths of a percent of margin.
    private var marginLevel: Int64 { margin == 0 ? 0 : equity * 10_000 / margin }

    private var state: MarginState {
        if margin == 0 || marginLevel > 10_000 { return .ok }
        return marginLevel > 5000 ? .marginCall : .stopOut
    }

    private func appendDecimal(_ key: StaticString, _ value: Int64, digits: UInt8 = 2, to output: inout [UInt8]) {
        MT4JSON.append(key, to: &output)
        MT4JSON.append(value, digits: digits, to: &output)
    }
}
