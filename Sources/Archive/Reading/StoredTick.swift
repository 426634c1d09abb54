import MarketModel

/// A tick that a cursor can read from its table.
package protocol StoredTick: TickRow {
    /// The table, and in `valueColumns` its columns after the key, in the order of ``init(key:columns:)``.
    static var table: String { get }
    static var valueColumns: String { get }
    init(key: TickKey, columns: TickColumns)

    /// The number of columns including the key.
    static var columnCount: Int32 { get }
    /// Binds the row to `parameters`: its key, then ``valueColumns``.
    func bind(to parameters: TickParameters)
}

/// The parameters of one tick in an insertion, counted from 0.
package struct TickParameters {
    let statement: PreparedStatement
    /// The number of parameters of the ticks before it.
    let offset: Int32

    @inline(__always)
    func bind(_ index: Int32, _ value: Int64) { statement.bind(offset + index + 1, value) }

    @inline(__always)
    func bind(_ index: Int32, _ value: Int64?) { statement.bind(offset + index + 1, value) }
}

extension TickRow {
    @inline(__always)
    fileprivate func bindKey(to parameters: TickParameters) {
        parameters.bind(0, instrumentID)
        parameters.bind(1, tsRecv.rawValue)
        parameters.bind(2, messageIndex)
        parameters.bind(3, item)
    }
}

/// The key of a tick: the order of replay, then the instrument.
package struct TickKey: Hashable, Sendable, Comparable {
    package var tsRecv: Int64
    package var messageIndex: Int64
    package var item: Int64
    package var instrumentID: Int64

    package static func < (left: TickKey, right: TickKey) -> Bool {
        if left.tsRecv != right.tsRecv { return left.tsRecv < right.tsRecv }
        if left.messageIndex != right.messageIndex { return left.messageIndex < right.messageIndex }
        if left.item != right.item { return left.item < right.item }
        return left.instrumentID < right.instrumentID
    }
}

/// The columns of one stored tick after its key, counted from 0.
package struct TickColumns {
    let statement: PreparedStatement
    let offset: Int32

    @inline(__always)
    func integer(_ column: Int32) -> Int64 { statement.integer(column + offset) }

    @inline(__always)
    func optionalInteger(_ column: Int32) -> Int64? { statement.optionalInteger(column + offset) }
}

extension QuoteRow: StoredTick {
    package static let table = "quote"
    package static let valueColumns = "ts_event, bid_price, bid_size, ask_price, ask_size, sequence, is_derived"

    package init(key: TickKey, columns: TickColumns) {
        self.init(
            instrumentID: key.instrumentID,
            tsRecv: UnixNanoseconds(key.tsRecv),
            messageIndex: key.messageIndex,
            item: key.item,
            tsEvent: columns.optionalInteger(0).map { UnixNanoseconds($0) },
            bidPrice: columns.optionalInteger(1),
            bidSize: columns.optionalInteger(2),
            askPrice: columns.optionalInteger(3),
            askSize: columns.optionalInteger(4),
            sequence: columns.optionalInteger(5)
        )
        isDerived = columns.integer(6) != 0
    }

    package static let columnCount: Int32 = 11

    package func bind(to parameters: TickParameters) {
        bindKey(to: parameters)
        parameters.bind(4, tsEvent?.rawValue)
        parameters.bind(5, bidPrice)
        parameters.bind(6, bidSize)
        parameters.bind(7, askPrice)
        parameters.bind(8, askSize)
        parameters.bind(9, sequence)
        parameters.bind(10, isDerived ? 1 : 0)
    }
}

extension TradeRow: StoredTick {
    package static let table = "trade"
    package static let valueColumns = """
        ts_event, price, size, aggressor_side, trade_id, is_aggregate, first_trade_id, last_trade_id, in_bars
        """

    package init(key: TickKey, columns: TickColumns) {
        self.init(
            instrumentID: key.instrumentID,
            tsRecv: UnixNanoseconds(key.tsRecv),
            messageIndex: key.messageIndex,
            item: key.item,
            tsEvent: columns.optionalInteger(0).map { UnixNanoseconds($0) },
            price: columns.integer(1),
            size: columns.integer(2),
            aggressorSide: columns.optionalInteger(3).flatMap { AggressorSide(rawValue: UInt8(clamping: $0)) },
            tradeID: columns.optionalInteger(4)
        )
        isAggregate = columns.integer(5) != 0
        firstTradeID = columns.optionalInteger(6)
        lastTradeID = columns.optionalInteger(7)
        isInBars = columns.integer(8) != 0
    }

    package static let columnCount: Int32 = 13

    package func bind(to parameters: TickParameters) {
        bindKey(to: parameters)
        parameters.bind(4, tsEvent?.rawValue)
        parameters.bind(5, price)
        parameters.bind(6, size)
        parameters.bind(7, aggressorSide.map { Int64($0.rawValue) })
        parameters.bind(8, tradeID)
        parameters.bind(9, isAggregate ? 1 : 0)
        parameters.bind(10, firstTradeID)
        parameters.bind(11, lastTradeID)
        parameters.bind(12, isInBars ? 1 : 0)
    }
}
