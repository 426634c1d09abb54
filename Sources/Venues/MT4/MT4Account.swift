import MarketModel

/// One simulated account.
///
/// Amounts are in hundredths of its currency.
struct MT4Account: Sendable {
    let login: Int64
    private let leverage: Int64
    private let balance: Int64
    private let margin: Int64
    private let volume: Int64
    private var equity: Int64

    init(login: Int64) {
        self.login = login
        leverage = login % 3 == 0 ? 500 : 100
        balance = login * 1013
        // Every fifth account has no open position and therefore no margin.
        margin = login % 5 == 0 ? 0 : balance / 2 + login % 100
        volume = margin == 0 ? 0 : login % 7 * 100 + 10
        equity = balance
    }

    /// Changes the equity by the gains and losses of the open positions.
    mutating func move(_ random: inout SplitMix64) {
        guard margin > 0 else { return }
        let step = Int64(random.next() % 40_001) - 20_000
        equity = min(max(equity + step, balance / 10), balance * 2)
    }

    /// Writes a MarginLevel object.
    func writeMarginLevel(to writer: inout MT4RecordWriter) {
        writer.open()
        writer.text("group", "demoforex")
        writer.number("login", login)
        writer.number("leverage", leverage)
        writer.number("updated", 0)
        writer.number("balance", balance, digits: 2)
        writer.number("equity", equity, digits: 2)
        writer.number("volume", volume)
        writer.number("margin", margin, digits: 2)
        writer.number("free", equity - margin, digits: 2)
        writer.number("level", marginLevel, digits: 2)
        writer.choice("controllingType", ("Percent", 0))
        switch state {
        case .ok: writer.choice("levelType", ("Ok", 0))
        case .marginCall: writer.choice("levelType", ("MarginCall", 1))
        case .stopOut: writer.choice("levelType", ("StopOut", 2))
        }
        writer.close()
    }

    /// The meaning of the account's MarginLevel.
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
}

extension MT4Account {
    /// Writes a UserUpdate object.
    ///
    /// Data that must never be stored starts with `SECRET-`, personal data with `PERSONAL-`.
    func writeUserUpdate(_ type: MT4Transaction, time: [UInt8], to writer: inout MT4RecordWriter) {
        writer.open()
        writer.choice("type", type.choice)
        writer.open("user")
        writeIdentity(time: time, to: &writer)
        for name: StaticString in ["password", "passwordInvestor", "passwordPhone", "otpSecret", "apiData", "unused"] {
            writer.text(name, "SECRET-\(name)-\(login)")
        }
        for name: StaticString in [
            "name", "country", "city", "state", "zipCode", "address", "leadSource", "phone", "email", "comment", "id",
        ] {
            writer.text(name, "PERSONAL-\(name)-\(login)")
        }
        for name: StaticString in ["enableReserved", "reserved2", "secureReserved"] { writer.json(name, "[0,0,0]") }
        writeAmounts(to: &writer)
        writer.close()
        writer.close()
    }

    private func writeIdentity(time: [UInt8], to writer: inout MT4RecordWriter) {
        writer.number("login", login)
        writer.text("group", "demoforex")
        writer.plain("regDate", Array("2024-03-01T08:00:00".utf8))
        writer.plain("lastDate", time)
        writer.plain("timeStamp", time)
        for name: StaticString in ["enable", "enableChangePassword", "sendReports"] { writer.boolean(name, true) }
        for name: StaticString in ["enableReadOnly", "enableOTP"] { writer.boolean(name, false) }
        writer.text("status", "RE")
    }

    private func writeAmounts(to writer: inout MT4RecordWriter) {
        writer.number("leverage", leverage)
        writer.number("agentAccount", 0)
        writer.number("lastIP", 16_777_343)
        writer.number("balance", balance, digits: 2)
        writer.number("prevMonthBalance", balance, digits: 2)
        writer.number("prevBalance", balance, digits: 2)
        writer.number("credit", 0)
        writer.number("interestRate", 0)
        writer.number("taxes", 0)
        writer.number("prevMonthEquity", equity, digits: 2)
        writer.number("prevEquity", equity, digits: 2)
        writer.number("mqid", 0)
        writer.number("userColor", 4_278_190_080)
    }
}

/// The change of an order, an account or a symbol.
enum MT4Transaction: Int64, CaseIterable, Sendable {
    case add
    case delete
    case update
    case changeGroup

    var choice: (name: StaticString, number: Int64) {
        switch self {
        case .add: ("Add", rawValue)
        case .delete: ("Delete", rawValue)
        case .update: ("Update", rawValue)
        case .changeGroup: ("ChangeGrp", rawValue)
        }
    }
}
