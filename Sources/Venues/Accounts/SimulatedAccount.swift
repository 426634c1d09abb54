import MarketModel

/// The state of a simulated account: it opens an order, fills it in full in the next step, and then opens another.
///
/// The same seed gives the same states. Prices have one digit after the point, sizes three, amounts two.
struct SimulatedAccount: Sendable {
    /// The last order.
    struct Order: Sendable {
        var id: Int64
        var isBuy = true
        var lots: Int64 = 1
        var priceTenths: Int64
        var isFilled = true
    }

    private var random: SplitMix64
    private(set) var order: Order
    /// In hundredths.
    private(set) var balance: Int64 = 10_000_00
    /// Thousandths of a contract; negative for a short position.
    private(set) var position: Int64 = 0
    /// The price at which the position was last changed, in tenths.
    private(set) var entryTenths: Int64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed ^ 0xacc0_0117)
        entryTenths = 600_000 + Int64(random.next() % 10_000)
        order = Order(id: 4_000_000_000 + Int64(random.next() % 1_000_000_000), priceTenths: entryTenths)
    }

    /// Fills the open order, or opens the next one.
    mutating func step() {
        guard order.isFilled else { return fill() }
        let choice = random.next()
        order.id += 1 + Int64(choice % 1000)
        // The position stays small.
        order.isBuy = position < -50 || (position < 50 && choice >> 16 & 1 == 0)
        order.lots = 1 + Int64(choice >> 32 % 20)
        order.priceTenths = max(1, order.priceTenths + Int64(choice >> 40 % 201) - 100)
        order.isFilled = false
    }

    private mutating func fill() {
        order.isFilled = true
        position += order.isBuy ? order.lots : -order.lots
        entryTenths = order.priceTenths
        balance -= feeHundredths
    }

    // MARK: Texts

    var price: String { Self.text(order.priceTenths, digits: 1) }
    var entryPrice: String { position == 0 ? "0" : Self.text(entryTenths, digits: 1) }
    var orderSize: String { Self.text(order.lots, digits: 3) }
    var positionSize: String { Self.text(position, digits: 3) }
    var positionMagnitude: String { Self.text(abs(position), digits: 3) }
    var wallet: String { Self.text(balance, digits: 2) }
    var fee: String { Self.text(feeHundredths, digits: 2) }
    /// A tenth of the value of the position.
    var margin: String { Self.text(marginHundredths, digits: 2) }
    var free: String { Self.text(balance - marginHundredths, digits: 2) }

    private var feeHundredths: Int64 { 1 + order.lots * order.priceTenths / 200_000 }
    private var marginHundredths: Int64 { abs(position) * entryTenths / 1000 }

    private static func text(_ mantissa: Int64, digits: Int) -> String {
        FixedDecimal(mantissa: mantissa, digits: UInt8(digits)).description
    }
}
