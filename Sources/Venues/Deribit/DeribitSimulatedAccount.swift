import MarketModel

/// Writes the messages of a simulated account as Deribit does: numbers are JSON numbers.
struct DeribitSimulatedAccount: Sendable {
    private static let symbol = "BTC-PERPETUAL"

    private var account: SimulatedAccount

    init(seed: UInt64) { account = SimulatedAccount(seed: seed) }

    /// True for the channels that are simulated.
    static func has(_ channel: DeribitChannel) -> Bool {
        switch channel.kind {
        case .portfolio, .orders, .fills, .changes: true
        default: false
        }
    }

    /// The next message of a channel of an account; `time` is in milliseconds.
    mutating func next(_ channel: String, at time: Int64) -> String {
        let data: String
        switch DeribitChannel(channel).kind {
        case .portfolio: data = portfolio
        case .orders:
            account.step()
            data = order(time)
        case .fills: data = "[\(fill(time))]"
        default:
            account.step()
            let fills = account.order.isFilled ? fill(time) : ""
            data =
                #"{"instrument_name":"\#(Self.symbol)","trades":[\#(fills)],"positions":[\#(position)],"#
                + #""orders":[\#(order(time))]}"#
        }
        return #"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"\#(channel)","data":\#(data)}}"#
    }

    private var portfolio: String {
        #"{"currency":"USDC","balance":\#(account.wallet),"equity":\#(account.wallet),"#
            + #""margin_balance":\#(account.wallet),"initial_margin":\#(account.margin),"maintenance_margin":0.0,"#
            + #""available_funds":\#(account.free),"margin_model":"segregated_sm","cross_collateral_enabled":false}"#
    }

    private func order(_ time: Int64) -> String {
        let order = account.order
        return #"{"order_id":"\#(order.id)","instrument_name":"\#(Self.symbol)","#
            + #""direction":"\#(order.isBuy ? "buy" : "sell")","order_type":"limit","price":\#(account.price),"#
            + #""amount":\#(account.orderSize),"filled_amount":\#(order.isFilled ? account.orderSize : "0.0"),"#
            + #""order_state":"\#(order.isFilled ? "filled" : "open")","replaced":false,"#
            + #""creation_timestamp":\#(time),"last_update_timestamp":\#(time)}"#
    }

    private func fill(_ time: Int64) -> String {
        #"{"order_id":"\#(account.order.id)","trade_id":"\#(account.order.id)1","instrument_name":"\#(Self.symbol)","#
            + #""direction":"\#(account.order.isBuy ? "buy" : "sell")","order_type":"limit","price":\#(account.price),"#
            + #""amount":\#(account.orderSize),"fee":\#(account.fee),"fee_currency":"USDC","state":"filled","#
            + #""timestamp":\#(time)}"#
    }

    private var position: String {
        #"{"instrument_name":"\#(Self.symbol)","kind":"future","size":\#(account.positionSize),"#
            + #""average_price":\#(account.entryPrice),"mark_price":\#(account.price),"#
            + #""initial_margin":\#(account.margin),"maintenance_margin":0.0,"leverage":10}"#
    }
}
