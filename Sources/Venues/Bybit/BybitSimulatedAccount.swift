import MarketModel

/// Writes the messages of a simulated account as Bybit's private endpoint does.
struct BybitSimulatedAccount: Sendable {
    private var account: SimulatedAccount
    private let product: BybitProduct
    private var messages: Int64 = 0

    init(seed: UInt64, product: BybitProduct) {
        account = SimulatedAccount(seed: seed)
        self.product = product
    }

    /// The next message of `topic` at `time` in milliseconds; `nil` if it is not a topic of an account.
    mutating func next(_ topic: String, at time: Int64) -> String? {
        let data: String
        switch BybitTopic(topic).kind {
        case .wallet: data = wallet
        case .positions: data = position(time)
        case .orders:
            account.step()
            data = order(time)
        case .executions: data = execution(time)
        default: return nil
        }
        messages += 1
        return #"{"id":"feedrec-\#(messages)","topic":"\#(topic)","creationTime":\#(time),"data":[\#(data)]}"#
    }

    private var wallet: String {
        #"{"accountType":"UNIFIED","accountIMRate":"0.01","accountMMRate":"0.005","totalEquity":"\#(account.wallet)","#
            + #""totalWalletBalance":"\#(account.wallet)","totalMarginBalance":"\#(account.wallet)","#
            + #""totalAvailableBalance":"\#(account.free)","totalInitialMargin":"\#(account.margin)","#
            + #""coin":[{"coin":"USDT","equity":"\#(account.wallet)","walletBalance":"\#(account.wallet)"}]}"#
    }

    private func position(_ time: Int64) -> String {
        let side = account.position == 0 ? "" : account.position > 0 ? "Buy" : "Sell"
        return #"{"category":"\#(product.rawValue)","symbol":"BTCUSDT","side":"\#(side)","#
            + #""size":"\#(account.positionMagnitude)","entryPrice":"\#(account.entryPrice)","leverage":"10","#
            + #""markPrice":"\#(account.price)","positionIM":"\#(account.margin)","liqPrice":"","tradeMode":0,"#
            + #""positionStatus":"Normal","updatedTime":"\#(time)"}"#
    }

    private func order(_ time: Int64) -> String {
        let order = account.order
        return #"{"category":"\#(product.rawValue)","symbol":"BTCUSDT","orderId":"\#(order.id)","#
            + #""side":"\#(order.isBuy ? "Buy" : "Sell")","orderType":"Limit","price":"\#(account.price)","#
            + #""qty":"\#(account.orderSize)","orderStatus":"\#(order.isFilled ? "Filled" : "New")","#
            + #""avgPrice":"\#(order.isFilled ? account.price : "")","rejectReason":"EC_NoError","#
            + #""cumExecFee":"\#(order.isFilled ? account.fee : "0")","createdTime":"\#(time)","#
            + #""updatedTime":"\#(time)"}"#
    }

    private func execution(_ time: Int64) -> String {
        #"{"category":"\#(product.rawValue)","symbol":"BTCUSDT","execId":"\#(account.order.id)-1","#
            + #""orderId":"\#(account.order.id)","side":"\#(account.order.isBuy ? "Buy" : "Sell")","#
            + #""execPrice":"\#(account.price)","execQty":"\#(account.orderSize)","execFee":"\#(account.fee)","#
            + #""execType":"Trade","execTime":"\#(time)"}"#
    }
}
