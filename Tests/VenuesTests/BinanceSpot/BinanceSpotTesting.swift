import MarketModel
import Venues

/// Messages as the venue writes them.
enum SpotSample {
    static let bookTicker =
        #"{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}"#
    static let trade =
        #"{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","#
        + #""T":1723161255342,"m":true,"M":true}"#
    static let aggregateTrade =
        #"{"e":"aggTrade","E":1633998523963,"s":"NKNUSDT","a":15683430,"p":"0.35280000","q":"58.00000000","#
        + #""f":19862790,"l":19862790,"T":1633998523963,"m":false,"M":true}"#
    static let depth = #"{"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":1,"u":2,"b":[["1.0","0.0"]],"a":[]}"#
    static let kline =
        #"{"e":"kline","E":1672515782136,"s":"BTCUSDT","k":{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT","#
        + #""i":"1m","o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false}}"#
    static let snapshot = #"{"lastUpdateId":50093239218,"bids":[["61837.63","3.7"]],"asks":[["61837.64","1.6"]]}"#
    static let shutdown = #"{"e":"serverShutdown","E":1770123456789}"#

    static func combined(_ stream: String, _ data: String) -> String { #"{"stream":"\#(stream)","data":\#(data)}"# }
}

/// A batch of received messages, one millisecond apart.
func batch(_ payloads: [String]) -> MessageBatch {
    var batch = MessageBatch()
    for (index, payload) in payloads.enumerated() {
        batch.append(payload.utf8, direction: .received, tsRecv: UnixNanoseconds(Int64(index) * 1_000_000))
    }
    return batch
}

/// The payloads of a batch as text.
func texts(_ batch: MessageBatch) -> [String] {
    batch.entries.indices.map { String(decoding: batch.payload(at: $0), as: UTF8.self) }
}

/// Reads `batch` with a new dialect.
func read(
    _ batch: MessageBatch
) -> (events: MarketEvents, outcome: DialectOutcome, dialect: BinanceDialect) {
    var dialect = BinanceDialect(streams: [])
    var events = MarketEvents()
    var outgoing = MessageBatch()
    let outcome = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
    return (events, outcome, dialect)
}

/// The answer of `session` to one message.
func reply(_ session: inout BinanceSession, to text: String) -> (signal: SessionSignal, replies: [String]) {
    var replies = MessageBatch()
    let signal = Array(text.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
    return (signal, texts(replies))
}

/// The messages that `session` delivers of a tape.
func deliver(_ tape: [String], to session: inout BinanceSession) -> [String] {
    let tape = batch(tape)
    var output = MessageBatch()
    session.deliver(tape, 0..<tape.count, into: &output)
    return texts(output)
}
