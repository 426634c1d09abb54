import JSONScanning
import MarketModel

/// An instrument of `exchangeInfo` that was not recorded, with the members that clients need.
///
/// Its steps are those of the digits on the tape, and its assets those of the symbol; other values are neutral.
struct BinanceMadeInstrument {
    let instrument: VenueInstrument
    let market: BinanceMarket

    /// The longest first, because `BTCFDUSD` does not end with the asset `USD`.
    private static let quoteAssets = [
        "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD1", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL", "GBP", "AUD", "JPY",
        "DAI", "USD",
    ]

    private var assets: SymbolAssets { SymbolAssets(instrument.symbol, quotes: Self.quoteAssets) }

    var json: String {
        var object = JSONObjectWriter()
        object.text("symbol", instrument.symbol)
        object.text("status", "TRADING")
        object.text("baseAsset", assets.base)
        object.text("quoteAsset", assets.quote)
        object.integer("baseAssetPrecision", 8)
        object.integer("quotePrecision", 8)
        switch market {
        case .spot: appendSpotMembers(to: &object)
        case .usdm: appendFutureMembers(to: &object)
        }
        object.raw("filters", filters)
        return object.text()
    }

    /// Some clients expect the price filter first.
    private var filters: String {
        let (tick, step) = (instrument.tick, instrument.step)
        return #"[{"filterType":"PRICE_FILTER","minPrice":"\#(tick)","maxPrice":"1000000000","tickSize":"\#(tick)"},"#
            + #"{"filterType":"LOT_SIZE","minQty":"\#(step)","maxQty":"9000000000","stepSize":"\#(step)"}]"#
    }

    private func appendSpotMembers(to object: inout JSONObjectWriter) {
        object.integer("quoteAssetPrecision", 8)
        object.raw("orderTypes", #"["LIMIT","LIMIT_MAKER","MARKET"]"#)
        for name in ["icebergAllowed", "ocoAllowed", "quoteOrderQtyMarketAllowed"] { object.boolean(name, true) }
        object.boolean("allowTrailingStop", false)
        object.boolean("isSpotTradingAllowed", true)
        object.boolean("isMarginTradingAllowed", false)
        object.raw("permissions", #"["SPOT"]"#)
        object.raw("permissionSets", #"[["SPOT"]]"#)
    }

    private func appendFutureMembers(to object: inout JSONObjectWriter) {
        object.text("pair", assets.base + assets.quote)
        object.text("contractType", "PERPETUAL")
        object.text("marginAsset", assets.quote)
        // The venue's date of perpetual contracts, 2100-12-25.
        object.integer("deliveryDate", 4_133_404_800_000)
        object.integer("onboardDate", 0)
        object.text("maintMarginPercent", "2.5000")
        object.text("requiredMarginPercent", "5.0000")
        object.integer("pricePrecision", Int64(instrument.priceDigits))
        object.integer("quantityPrecision", Int64(instrument.sizeDigits))
        object.text("underlyingType", "COIN")
        object.raw("underlyingSubType", "[]")
        object.text("triggerProtect", "0.0500")
        object.text("liquidationFee", "0.010000")
        object.text("marketTakeBound", "0.05")
        object.raw("orderTypes", #"["LIMIT","MARKET"]"#)
        object.raw("timeInForce", #"["GTC","IOC","FOK","GTX"]"#)
    }
}
