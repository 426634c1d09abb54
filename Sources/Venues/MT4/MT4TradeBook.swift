import MarketModel

/// The simulated orders.
///
/// They are opened, changed, closed, and sometimes deleted.
struct MT4TradeBook: Sendable {
    private struct Order: Sendable {
        let ticket: Int64
        let login: Int64
        let instrument: Int
        /// Lots in hundredths.
        let volume: Int64
        let isSell: Bool
        let openPrice: Int64
        let openTime: [UInt8]
        /// Points from the open price; 0 for none.
        var stop: Int64 = 0
    }

    /// The maximum number of open orders.
    private static let ordersMax = 40
    private static let never = Array("1970-01-01T00:00:00".utf8)

    private var orders: [Order] = []
    private var lastTicket: Int64 = 70_000_000

    /// Writes the next TradeExEventPayload object.
    mutating func writeNext(
        login: Int64,
        instruments: [MT4Instrument],
        time: [UInt8],
        random: inout SplitMix64,
        to writer: inout MT4RecordWriter
    ) {
        let number = Int(random.next() % 1_000_000)
        if orders.isEmpty || (number % 10 < 4 && orders.count < Self.ordersMax) {
            let order = open(login: login, instruments: instruments, time: time, number: number / 10)
            orders.append(order)
            write(order, .add, login: login, instruments: instruments, closing: nil, to: &writer)
            return
        }
        let place = number / 10 % orders.count
        switch number % 10 {
        case 4...6:
            orders[place].stop = 50 + Int64(number % 7) * 10
            let order = orders[place]
            write(order, .update, login: order.login, instruments: instruments, closing: nil, to: &writer)
        case 7:
            // An update with login 0 means that the order was deleted.
            write(orders.remove(at: place), .update, login: 0, instruments: instruments, closing: time, to: &writer)
        default:
            let order = orders.remove(at: place)
            write(order, .delete, login: order.login, instruments: instruments, closing: time, to: &writer)
        }
    }

    private mutating func open(login: Int64, instruments: [MT4Instrument], time: [UInt8], number: Int) -> Order {
        lastTicket += 1
        let instrument = number % instruments.count
        let isSell = number % 3 == 0
        return Order(
            ticket: lastTicket,
            login: login,
            instrument: instrument,
            volume: 1 + Int64(number % 300),
            isSell: isSell,
            openPrice: isSell ? instruments[instrument].bid : instruments[instrument].ask,
            openTime: time
        )
    }

    private func write(
        _ order: Order,
        _ type: MT4Transaction,
        login: Int64,
        instruments: [MT4Instrument],
        closing: [UInt8]?,
        to writer: inout MT4RecordWriter
    ) {
        let instrument = instruments[order.instrument]
        let price = order.isSell ? instrument.ask : instrument.bid
        let points = order.isSell ? order.openPrice - price : price - order.openPrice
        writer.open()
        writer.choice("updateType", type.choice)
        writer.number("order", order.ticket)
        writer.number("login", login)
        writer.text("symbol", instrument.symbol)
        writer.plain("openTime", order.openTime)
        writer.plain("closeTime", closing ?? Self.never)
        writer.plain("expiration", Self.never)
        writer.number("digits", Int64(instrument.digits))
        writer.number("volume", order.volume)
        writer.number("volumeLots", order.volume, digits: 2)
        writer.choice("tradeRecordState", closing == nil ? ("OpenNormal", 0) : ("ClosedNormal", 3))
        writer.number("openPrice", order.openPrice, digits: instrument.digits)
        let side: Int64 = order.isSell ? 1 : -1
        let stop = order.stop == 0 ? 0 : order.openPrice + side * order.stop
        writer.number("sl", stop, digits: instrument.digits)
        writer.number("tp", order.stop == 0 ? 0 : order.openPrice - side * order.stop, digits: instrument.digits)
        writer.number("closePrice", price, digits: instrument.digits)
        writer.number("profit", points * order.volume, digits: 2)
        writeRest(order, time: closing ?? order.openTime, to: &writer)
        writer.choice("tradeCommand", order.isSell ? ("Sell", 1) : ("Buy", 0))
        writer.close()
    }

    private func writeRest(_ order: Order, time: [UInt8], to writer: inout MT4RecordWriter) {
        writer.number("commission", -order.volume * 7, digits: 2)
        for name: StaticString in ["commissionAgent", "storage", "taxes", "magic", "gatewayVolume"] {
            writer.number(name, 0)
        }
        for name: StaticString in ["gatewayVolumeLots", "gatewayOrder", "gatewayOpenPrice", "gatewayClosePrice"] {
            writer.number(name, 0)
        }
        writer.choice("tradeRecordReason", ("Client", 0))
        writer.choice("activationType", ("None", 0))
        writer.number("marginRate", 1)
        writer.text("comment", order.ticket % 4 == 0 ? "from \"EA\" №\(order.ticket % 100)" : "")
        writer.plain("timeStamp", time)
        writer.json("apiData", "[0,0,0,0]")
        writer.json("convRates", "[1,0]")
        writer.json("convReserv", "null")
    }
}
