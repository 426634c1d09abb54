import JSONScanning

/// What a subscription names: a channel, and an instrument or a kind of instruments.
struct OKXArgument: Sendable, Hashable {
    let channel: String
    /// The instrument, such as `BTC-USDT`; `nil` if the channel is not one of single instruments.
    var instrument: String?
    /// The kind of instruments, such as `SWAP`; `nil` if it is not given.
    var kind: String?
    /// The family or underlying of the instruments, such as `BTC-USD`; `nil` if it is not given.
    var family: String?

    init(_ channel: String, instrument: String? = nil, kind: String? = nil, family: String? = nil) {
        self.channel = channel
        self.instrument = instrument
        self.kind = kind
        self.family = family
    }

    /// The name for users and for a tape's streams, such as `trades:BTC-USDT`.
    var name: String {
        ([channel] + [instrument ?? kind, family].compactMap { $0 }).joined(separator: ":")
    }

    /// `{"channel":"trades","instId":"BTC-USDT"}`.
    var json: String {
        var writer = JSONObjectWriter()
        writer.text("channel", channel)
        writer.text("instType", instrument == nil ? kind : nil)
        writer.text("instFamily", family)
        writer.text("instId", instrument)
        return writer.text()
    }

    /// A request that names `arguments`: `{"id":"1","op":"subscribe","args":[…]}`.
    static func request(_ operation: String, _ arguments: some Sequence<OKXArgument>, id: Int) -> [UInt8] {
        let list = arguments.map(\.json).joined(separator: ",")
        return Array(#"{"id":"\#(id)","op":"\#(operation)","args":[\#(list)]}"#.utf8)
    }
}

/// The members of an argument in a message, in place.
struct OKXRawArgument {
    var channel: JSONValue?
    var instrument: JSONValue?
    var kind: JSONValue?
    var family: JSONValue?
    /// The number of the account, in messages of an account.
    var user: JSONValue?

    /// Reads the object that follows in `cursor`.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("channel") {
                channel = value
            } else if key.equals("instId") {
                instrument = value
            } else if key.equals("instType") {
                kind = value
            } else if key.equals("instFamily") || key.equals("uly") {
                family = value
            } else if key.equals("uid") {
                user = value
            }
        }
    }

    /// A copy; `nil` if it names no channel.
    var argument: OKXArgument? {
        guard let name = OKXField.text(channel) else { return nil }
        let instrument = OKXField.text(instrument)
        return OKXArgument(
            name,
            instrument: instrument,
            // An acknowledgement repeats what was asked for; data of single instruments may add their kind.
            kind: instrument == nil ? OKXField.text(kind) : nil,
            family: instrument == nil ? OKXField.text(family) : nil
        )
    }
}
