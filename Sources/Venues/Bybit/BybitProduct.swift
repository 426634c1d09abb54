/// One product of Bybit v5: each has a public endpoint, instruments and topics of its own.
///
/// BTCUSDT exists on both with the same topic names, so each product is a venue.
package enum BybitProduct: String, Sendable, Hashable, CaseIterable {
    case spot
    /// Perpetual and dated contracts that settle in USDT or USDC.
    case linear

    /// The venue's name in feedrec.
    package var venueName: String { "bybit-\(rawValue)" }

    /// The path of the public endpoint.
    package var publicPath: String { "/v5/public/\(rawValue)" }

    /// What a user can record; the account is that of all products.
    var channels: [MarketChannel] {
        switch self {
        case .spot: [.trades, .quotes, .book, .bars, .account]
        case .linear:
            [.trades, .quotes, .book, .bars, .funding, .mark, .openInterest, .liquidations, .account]
        }
    }

    /// The most topics in one request: 10 on spot (v5 "Connect"), no published number on linear.
    package var argumentsMax: Int {
        switch self {
        case .spot: 10
        case .linear: 100
        }
    }

    /// The most characters of all topics of one connection (v5 "Connect").
    package static let argumentBytesMax = 21_000

    /// The characters that count for the topic `name`: with its quotes and a comma.
    package static func argumentBytes(_ name: String) -> Int { name.utf8.count + 3 }
}
