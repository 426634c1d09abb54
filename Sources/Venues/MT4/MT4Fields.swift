import JSONScanning

/// The members that are read of Tick, TickArgs, SymbolInfo, OHLCS, MarginLevel and similar objects, without copying.
///
/// Names are compared without regard to case. The members may be inside `tick`, as in TickArgs, or beside it: the
/// published page shows both.
struct MT4Fields {
    var platform: JSONValue?
    var symbol: JSONValue?
    var bid: JSONValue?
    var ask: JSONValue?
    var lastTime: JSONValue?
    var login: JSONValue?
    var group: JSONValue?
    var leverage: JSONValue?
    var balance: JSONValue?
    var equity: JSONValue?
    var volume: JSONValue?
    var margin: JSONValue?
    var free: JSONValue?
    var level: JSONValue?
    var levelType: JSONValue?
    var controllingType: JSONValue?
    /// True if `tick` is not an object.
    var hasNullTick = false
    var hasDigits = false
    var hasOrder = false
    var hasUser = false

    /// Reads the object in `bytes`.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try read(&cursor, isNested: false)
    }

    /// Reads the object in `value`.
    init(_ value: JSONValue) throws(JSONError) {
        var cursor = JSONCursor(value)
        try read(&cursor, isNested: false)
    }

    /// Reads the object at the cursor.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
        try read(&cursor, isNested: false)
    }

    /// The kind of stream item; `nil` if the members do not show it.
    var itemKind: MT4ItemKind? {
        if hasUser { return .userUpdate }
        if hasOrder { return .trade }
        if login != nil, margin != nil || equity != nil { return .marginLevel }
        return hasDigits && (bid != nil || ask != nil) ? .symbolInfo : nil
    }

    private mutating func read(_ cursor: inout JSONCursor, isNested: Bool) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if !isNested, key.count == 4, key.equalsIgnoringCase("tick") {
                try readTick(&cursor)
            } else {
                note(key, try cursor.nextValue())
            }
        }
    }

    private mutating func readTick(_ cursor: inout JSONCursor) throws(JSONError) {
        if cursor.isAtObject {
            try read(&cursor, isNested: true)
        } else {
            hasNullTick = true
            try cursor.skipValue()
        }
    }

    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        switch key.count {
        case 3:
            if key.equalsIgnoringCase("bid") { bid = value } else if key.equalsIgnoringCase("ask") { ask = value }
        case 4:
            if key.equalsIgnoringCase("free") { free = value } else if key.equalsIgnoringCase("user") { hasUser = true }
        case 5: noteFive(key, value)
        case 6: noteSix(key, value)
        case 7 where key.equalsIgnoringCase("balance"): balance = value
        case 8:
            if key.equalsIgnoringCase("lastTime") {
                lastTime = value
            } else if key.equalsIgnoringCase("leverage") {
                leverage = value
            }
        case 9 where key.equalsIgnoringCase("levelType"): levelType = value
        case 13 where key.equalsIgnoringCase("tradePlatform"): platform = value
        case 15 where key.equalsIgnoringCase("controllingType"): controllingType = value
        default: break
        }
    }

    private mutating func noteFive(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equalsIgnoringCase("login") {
            login = value
        } else if key.equalsIgnoringCase("group") {
            group = value
        } else if key.equalsIgnoringCase("level") {
            level = value
        } else if key.equalsIgnoringCase("order") {
            hasOrder = true
        }
    }

    private mutating func noteSix(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equalsIgnoringCase("symbol") {
            symbol = value
        } else if key.equalsIgnoringCase("digits") {
            hasDigits = true
        } else if key.equalsIgnoringCase("equity") {
            equity = value
        } else if key.equalsIgnoringCase("margin") {
            margin = value
        } else if key.equalsIgnoringCase("volume") {
            volume = value
        }
    }
}
