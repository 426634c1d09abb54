import MarketModel

/// Writes the messages of a simulated account as OKX does.
struct OKXSimulatedAccount: Sendable {
    private static let symbol = "BTC-USDT-SWAP"
    private static let user = "77982378738415879"

    private var account: SimulatedAccount

    init(seed: UInt64) { account = SimulatedAccount(seed: seed) }

    /// True for the channels that are simulated; `liquidation-warning` is not.
    static func has(_ channel: OKXChannel) -> Bool {
        switch channel {
        case .account, .positions, .orders, .balanceAndPosition: true
        default: false
        }
    }

    /// The next message of a channel; `time` is in milliseconds.
    mutating func next(_ argument: OKXArgument, at time: Int64) -> String {
        var writer = argument.json
        writer.removeLast()
        let data: String
        switch OKXChannel(name: argument.channel) {
        case .account: data = balances(time)
        case .positions: data = position(time)
        case .orders:
            account.step()
            data = order(time)
        default: data = balanceAndPosition(time)
        }
        return #"{"arg":\#(writer),"uid":"\#(Self.user)"},"data":[\#(data)]}"#
    }

    private func balances(_ time: Int64) -> String {
        #"{"uTime":"\#(time)","totalEq":"\#(account.wallet)","imr":"\#(account.margin)","mgnRatio":"","#
            + #""details":[{"ccy":"USDT","cashBal":"\#(account.wallet)","eq":"\#(account.wallet)","#
            + #""availEq":"\#(account.free)","imr":"\#(account.margin)","uTime":"\#(time)"}]}"#
    }

    private func position(_ time: Int64) -> String {
        #"{"instType":"SWAP","instId":"\#(Self.symbol)","posId":"307173036051017730","posSide":"net","#
            + #""pos":"\#(account.positionSize)","avgPx":"\#(account.entryPrice)","markPx":"\#(account.price)","#
            + #""lever":"10","mgnMode":"cross","imr":"\#(account.margin)","liqPx":"","ccy":"USDT","#
            + #""uTime":"\#(time)","pTime":"\#(time)"}"#
    }

    private func order(_ time: Int64) -> String {
        let order = account.order
        return #"{"instType":"SWAP","instId":"\#(Self.symbol)","ordId":"\#(order.id)","#
            + #""side":"\#(order.isBuy ? "buy" : "sell")","ordType":"limit","px":"\#(account.price)","#
            + #""sz":"\#(account.orderSize)","state":"\#(order.isFilled ? "filled" : "live")","#
            + #""avgPx":"\#(order.isFilled ? account.price : "")","#
            + #""fee":"\#(order.isFilled ? "-\(account.fee)" : "0")","#
            + #""feeCcy":"USDT","cTime":"\#(time)","uTime":"\#(time)"}"#
    }

    private func balanceAndPosition(_ time: Int64) -> String {
        #"{"pTime":"\#(time)","eventType":"filled","#
            + #""balData":[{"ccy":"USDT","cashBal":"\#(account.wallet)","uTime":"\#(time)"}],"#
            + #""posData":[{"posId":"307173036051017730","instId":"\#(Self.symbol)","instType":"SWAP","#
            + #""mgnMode":"cross","posSide":"net","pos":"\#(account.positionSize)","ccy":"USDT","#
            + #""avgPx":"\#(account.entryPrice)","uTime":"\#(time)"}]}"#
    }
}
