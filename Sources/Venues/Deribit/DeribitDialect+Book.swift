import JSONScanning
import MarketModel

extension DeribitDialect {
    /// Reads a book: a snapshot and then changes, or with grouped prices the whole book each time.
    mutating func readBook(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let book = channels[index].book else { return }
        let start = events.bookLevels.count
        do throws(JSONError) {
            let fields = try DeribitBookFields(data, &events.bookLevels)
            var message = BookMessage(origin: origin, book: book, kind: .snapshot)
            if case .book = channels[index].channel.kind { message.kind = try fields.kind }
            message.tsEvent = moment(fields.time)
            message.last = fields.number
            if message.kind == .change { message.previous = fields.previous?.integer }
            message.levels = start..<events.bookLevels.count
            events.bookMessages.append(message)
        } catch {
            problem = error.description
            events.bookLevels.removeSubrange(start...)
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
        }
    }
}

/// The members of a book; the last of repeated members counts.
private struct DeribitBookFields {
    var type: JSONValue?
    var time: JSONValue?
    var number: Int64 = 0
    /// `nil` for `null` too.
    var previous: JSONValue?

    /// Appends the levels to `levels`.
    init(_ data: JSONValue?, _ levels: inout [BookLevel]) throws(JSONError) {
        guard let data else { throw JSONError(offset: 0, detail: "the message has no data") }
        let start = levels.count
        var sides: Set<BookSide> = []
        var number: Int64?
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let side: BookSide? = key.equals("bids") ? .bid : key.equals("asks") ? .ask : nil
            if let side {
                if !sides.insert(side).inserted { levels.remove(side, from: start) }
                try Self.readLevels(&cursor, side, &levels)
                continue
            }
            let value = try cursor.nextValue()
            if key.equals("type") {
                type = value
            } else if key.equals("timestamp") {
                time = value
            } else if key.equals("change_id") {
                number = value.integer
            } else if key.equals("prev_change_id") {
                previous = value.isNull ? nil : value
            }
        }
        guard let number, sides.count == 2 else {
            throw JSONError(offset: 0, detail: "a book without 'bids', 'asks' or 'change_id'")
        }
        self.number = number
    }

    /// What the message is; old recordings have no `type`, and then only changes name the number before.
    var kind: BookMessage.Kind {
        get throws(JSONError) {
            guard let type else { return previous == nil ? .snapshot : .change }
            if type.equals("snapshot") { return .snapshot }
            guard type.equals("change") else {
                throw JSONError(offset: 0, detail: "a book that is neither a snapshot nor a change")
            }
            return .change
        }
    }

    /// Reads `[["new",42500.0,1000.0],…]`, or `[[42500.0,1000.0],…]` of a grouped book.
    private static func readLevels(
        _ cursor: inout JSONCursor,
        _ side: BookSide,
        _ levels: inout [BookLevel]
    ) throws(JSONError) {
        try cursor.enterArray()
        while try cursor.nextElement() {
            try cursor.enterArray()
            guard try cursor.nextElement() else { throw JSONError(offset: cursor.position, detail: "an empty level") }
            var value = try cursor.nextValue()
            var isDeleted = false
            if value.kind == .string {
                isDeleted = value.equals("delete")
                guard isDeleted || value.equals("new") || value.equals("change"), try cursor.nextElement() else {
                    throw JSONError(offset: cursor.position, detail: "a level with an unknown action")
                }
                value = try cursor.nextValue()
            }
            guard let price = DeribitValue.decimal(value), try cursor.nextElement(),
                let amount = DeribitValue.decimal(try cursor.nextValue()), amount.mantissa >= 0
            else { throw JSONError(offset: cursor.position, detail: "a level without a price or an amount") }
            // Further members of a level are not known, and harmless.
            while try cursor.nextElement() { try cursor.skipValue() }
            // The action counts, even if the amount of a deleted level is not 0.
            let size = isDeleted ? FixedDecimal(mantissa: 0, digits: amount.digits) : amount
            levels.append(BookLevel(side: side, price: price, size: size))
        }
    }
}

extension [BookLevel] {
    /// Removes the levels of `side` from `start` on, because a repeated member replaces them.
    fileprivate mutating func remove(_ side: BookSide, from start: Int) {
        let kept = self[start...].filter { $0.side != side }
        replaceSubrange(start..., with: kept)
    }
}
