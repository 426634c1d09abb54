package import MarketModel

/// A row of `margin_update`: an account's balance and margin at one moment.
package struct MarginUpdateRow: Hashable, Sendable {
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var item: Int64
    package var feedID: Int64
    package var tsEvent: UnixNanoseconds?
    package var login: Int64
    package var accountGroup: String?
    package var leverage: Int64?
    /// The decimal digits of all amounts in this row, 0 to 18.
    package var digits: UInt8
    package var balance: Int64?
    package var equity: Int64?
    package var volume: Int64?
    package var margin: Int64?
    package var marginFree: Int64?
    package var marginLevel: Int64?
    package var state: MarginState?
    /// What the amounts are counted in; `nil` for the account's own currency.
    package var asset: String?
    package var controllingType: MarginControllingType?
    /// The amounts exactly as the venue wrote them.
    package var texts = MarginTexts()

    package init(
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        item: Int64,
        feedID: Int64,
        login: Int64,
        digits: UInt8
    ) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.feedID = feedID
        self.login = login
        self.digits = digits
    }

    /// Converts the amounts of `update` to a common number of digits.
    ///
    /// If no number of digits fits all amounts into `Int64`, the amounts with the most digits are only stored in
    /// ``texts``.
    package init(_ update: MarginUpdate, tsRecv: UnixNanoseconds, messageIndex: Int64, feedID: Int64) {
        let amounts = [
            update.balance, update.equity, update.volume, update.margin, update.marginFree, update.marginLevel,
        ]
        let (digits, mantissas) = Self.commonDigits(of: amounts)
        self.init(
            tsRecv: tsRecv,
            messageIndex: messageIndex,
            item: Int64(update.origin.item),
            feedID: feedID,
            login: update.login,
            digits: digits
        )
        tsEvent = update.tsEvent
        accountGroup = update.group
        leverage = update.leverage
        (balance, equity, volume) = (mantissas[0], mantissas[1], mantissas[2])
        (margin, marginFree, marginLevel) = (mantissas[3], mantissas[4], mantissas[5])
        state = update.state
        asset = update.asset
        controllingType = update.controllingType
        texts = update.texts
    }

    /// The amount `mantissa` of this row as a number.
    package func decimal(_ mantissa: Int64?) -> FixedDecimal? {
        mantissa.map { FixedDecimal(mantissa: $0, digits: digits) }
    }

    /// The digits as sent; if those do not fit, without trailing zeros; otherwise the digits that fit the most amounts.
    private static func commonDigits(of amounts: [FixedDecimal?]) -> (UInt8, [Int64?]) {
        let short = amounts.map { $0?.withoutTrailingZeros }
        for candidates in [amounts, short] {
            let digits = candidates.reduce(0) { max($0, $1?.digits ?? 0) }
            let mantissas = candidates.map { $0?.rescaled(to: digits) }
            if zip(candidates, mantissas).allSatisfy({ ($0 == nil) == ($1 == nil) }) { return (digits, mantissas) }
        }
        let choices = Set(short.compactMap { $0?.digits }).sorted()
        let best = choices.map { digits in (digits, short.map { $0?.rescaled(to: digits) }) }
            .max { $0.1.filter { $0 != nil }.count < $1.1.filter { $0 != nil }.count }
        return best ?? (0, amounts.map { _ in nil })
    }
}
