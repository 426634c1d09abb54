import JSONScanning
package import MarketModel
import TextEncoding

/// The venue's side of one Binance market data connection, for replay and simulation.
///
/// Combined paths (`/stream`) get recorded messages unchanged; raw paths (`/ws`) get the data inside the envelope. A
/// client gets only the streams that it named in the URL or subscribed to. A message that names no stream goes to every
/// client. Pings are WebSocket frames, so there is no keep-alive message.
package struct BinanceSession: VenueSession {
    /// The most streams one connection may have (web-socket-streams.md, "WebSocket Limits").
    static let streamsMax = 1024
    /// The longest stream name, in bytes.
    ///
    /// It bounds the size of a subscription list.
    static let nameBytesMax = 128

    let market: BinanceMarket
    /// The part of the futures market that the client has opened; `nil` for all.
    private let route: BinanceRoute?
    var streams = BinanceStreamSet()
    /// True if messages are sent as `{"stream":…,"data":…}`.
    var isCombined: Bool
    package internal(set) var hasSubscribed = false
    package var isSubscribed: Bool { subscriptionCount > 0 }
    /// The stream of an account counts as one.
    private var subscriptionCount: Int { streams.count + (accountKey == nil ? 0 : 1) }
    /// The listen key with which the client has opened the stream of an account; `nil` for market data.
    private(set) var accountKey: String?
    /// The valid keys; `nil` if every key is valid.
    private var listenKeys: BinanceSimulatedKeys?
    /// The latest time of the tape.
    private var tapeTime = UnixNanoseconds(0)
    /// The symbols this client may see, in lower case as in stream names; `nil` if it may see all.
    private var symbolsPermitted: BinanceStreamSet?
    /// The offer that subscriptions are checked against; `nil` accepts all.
    private(set) var offer: VenueOffer?
    package internal(set) var report = SubscriptionReport()
    /// Streams that passed without a subscription, with counts.
    ///
    /// Streams that the client gave up do not count.
    private var passed = BinanceStreamSet()
    private static let passedMax = 4096
    /// A buffer for a stream name.
    private var name: [UInt8] = []

    package var keepAliveInterval: Duration? { nil }

    /// Starts the session of a client that asked for `path`.
    ///
    /// `query` is the query as in the URL, without `?`.
    package init(path: String, query: String = "", market: BinanceMarket = .spot) {
        self.market = market
        let place = BinancePath(path)
        isCombined = place?.isCombined ?? false
        route = place?.route
        for stream in Self.streamNames(path: path, query: query).prefix(Self.streamsMax) {
            streams.insert(stream)
        }
        if let place, place.route == .private, !place.isCombined, !place.names.isEmpty {
            accountKey = PercentEncoding.decode(place.names)
        }
        hasSubscribed = isSubscribed
        report.count = subscriptionCount
    }

    /// Closes the stream of an account that the client opened with another key than the present one.
    ///
    /// Call it once, before the session delivers messages. Such a client gets neither messages nor an error, as at the
    /// venue. When the tape of an account ends, the session makes its key expire.
    mutating func admit(only keys: BinanceSimulatedKeys) {
        listenKeys = keys
        guard let accountKey, accountKey != keys.current else { return }
        self.accountKey = nil
        hasSubscribed = isSubscribed
        report.count = subscriptionCount
    }

    package mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    /// Withholds other symbols.
    ///
    /// Streams of all symbols, such as `!miniTicker@arr`, are withheld too, because their messages are not split.
    package mutating func restrict(toSymbols symbols: Set<String>) {
        var permitted = BinanceStreamSet()
        for symbol in symbols { permitted.insert(symbol.utf8.map(\.asciiLowercased)) }
        symbolsPermitted = permitted
    }

    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range where tape.entries[index].direction == .received && tape.entries[index].kind != .rest {
                let entry = tape.entries[index]
                tapeTime = entry.tsRecv
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                if !deliverUsualShape(payload, entry, &output) {
                    JSONText.withPlain(payload) { deliverAnyShape(payload, plain: $0, entry, &output) }
                }
            }
        }
    }

    package mutating func keepAlive(replies: inout MessageBatch) {}

    /// In a simulation, the tape of an account ends when its listen key expires.
    package mutating func finish(replies: inout MessageBatch) {
        guard let listenKeys, let accountKey else { return }
        listenKeys.expire(accountKey)
        let time = tapeTime.rawValue / 1_000_000
        let text = #"{"e":"listenKeyExpired","E":\#(time),"listenKey":\#(JSONText.quoted(accountKey))}"#
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    /// Decides by the stream name at the start of the message; returns false if there is none, or if the data does not
    /// end as usual.
    @inline(__always)
    private mutating func deliverUsualShape(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) -> Bool {
        guard let message = BinanceCombinedText(payload) else { return false }
        guard isWanted(message.stream) else { return true }
        if isCombined {
            append(payload, entry, &output)
            return true
        }
        guard let data = message.data else { return false }
        append(data, entry, &output)
        return true
    }

    /// Decides by ``JSONText/plain(_:)`` of a message, and delivers its original bytes.
    @inline(never)
    private mutating func deliverAnyShape(
        _ payload: UnsafeRawBufferPointer,
        plain: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        // A message that is not JSON names no stream.
        guard let envelope = try? BinanceEnvelope(JSONCursor(plain)) else { return append(payload, entry, &output) }
        if let stream = envelope.stream, let data = envelope.data, envelope.isCombined {
            guard isWanted(stream.bytes) else { return }
            let written = (try? BinanceEnvelope(JSONCursor(payload)))?.data ?? data
            append(isCombined ? payload : exactText(of: written), entry, &output)
        } else if !envelope.isAcknowledgement, !envelope.isError {
            deliverRawPayload(payload, envelope, entry, &output)
        }
    }

    /// Delivers a payload recorded from a raw path.
    ///
    /// Its content decides the stream name.
    private mutating func deliverRawPayload(
        _ payload: UnsafeRawBufferPointer,
        _ envelope: BinanceEnvelope,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        if envelope.event?.bytes.equals("serverShutdown") == true {
            name = Array("!serverShutdown".utf8)
            return appendInForm(payload, entry, &output)
        }
        guard isSymbolPermitted(of: envelope) else { return }
        var alternative = 0
        while BinanceStreamName.write(of: envelope, market, alternative: alternative, to: &name) {
            if name.withUnsafeBytes({ isServed($0) && streams.count($0) }) {
                return appendInForm(payload, entry, &output)
            }
            name.withUnsafeBytes { notePassed($0) }
            alternative += 1
        }
        // Account events and similar events belong to no stream.
        guard alternative == 0 else { return }
        let isAccount = envelope.event.map { BinanceAccount.isEvent($0.bytes) } ?? false
        if isAccount ? route == nil || route == .private : route != .private { append(payload, entry, &output) }
    }

    // MARK: Subscriptions

    mutating func subscribe(to names: [[UInt8]]) {
        for name in names where !streams.contains(name) {
            if let messages = passed.count(of: name) {
                report.noteSkipped(String(decoding: name, as: UTF8.self), messages: messages)
            }
            streams.insert(name)
        }
        if !names.isEmpty { hasSubscribed = true }
        report.count = subscriptionCount
    }

    mutating func unsubscribe(from names: [[UInt8]]) {
        // If the client resubscribes to a stream it gave up, the messages in between do not count as skipped.
        let dropped = names.filter { streams.contains($0) }
        passed.remove(dropped)
        for name in dropped where passed.count < Self.passedMax { passed.insert(name, count: .min) }
        streams.remove(dropped)
        report.count = subscriptionCount
    }

    package var unanswered: [String] {
        let places = streams.names.indices.filter { streams.counts[$0] == 0 }.prefix(SubscriptionReport.namesMax)
        return places.map { String(decoding: streams.names[$0], as: UTF8.self) }
    }

    package mutating func tapeMoved() {
        passed = BinanceStreamSet()
        report.forgetSkipped()
    }

    private mutating func isWanted(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.equals("!serverShutdown") { return true }
        guard isPermitted(name), isServed(name) else { return false }
        if streams.count(name) { return true }
        notePassed(name)
        return false
    }

    /// True if the route has the stream; a client that asks for others waits in vain, as at the venue.
    private func isServed(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let route else { return true }
        return switch BinanceStreamKind(streamName: name) {
        case .bookTicker, .depth, .partialDepth: route == .public
        default: route == .market
        }
    }

    private func isPermitted(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let symbolsPermitted else { return true }
        return symbolsPermitted.contains(UnsafeRawBufferPointer(rebasing: name.prefix { $0 != UInt8(ascii: "@") }))
    }

    private mutating func notePassed(_ name: UnsafeRawBufferPointer) {
        if !passed.count(name), passed.count < Self.passedMax { passed.insert(Array(name), count: 1) }
    }

    private mutating func isSymbolPermitted(of envelope: BinanceEnvelope) -> Bool {
        guard let symbolsPermitted, let symbol = envelope.symbol, symbol.kind == .string else { return true }
        name.removeAll(keepingCapacity: true)
        for byte in symbol.bytes { name.append(byte.asciiLowercased) }
        return name.withUnsafeBytes { symbolsPermitted.contains($0) }
    }

    // MARK: Output

    /// The bytes of a value as written.
    ///
    /// For a string they include the quotes, which ``JSONValue`` leaves out.
    private func exactText(of value: JSONValue) -> UnsafeRawBufferPointer {
        guard value.kind == .string, let content = value.bytes.baseAddress else { return value.bytes }
        return UnsafeRawBufferPointer(start: content - 1, count: value.bytes.count + 2)
    }

    private func append(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
    }

    /// Appends a raw payload; on combined paths in an envelope with ``name``.
    private func appendInForm(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        guard isCombined else { return append(payload, entry, &output) }
        let offset = output.bytes.count
        output.bytes.append(contentsOf: "{\"stream\":\"".utf8)
        output.bytes.append(contentsOf: name)
        output.bytes.append(contentsOf: "\",\"data\":".utf8)
        output.bytes.append(contentsOf: payload)
        output.bytes.append(UInt8(ascii: "}"))
        var wrapped = entry
        wrapped.offset = offset
        wrapped.length = output.bytes.count - offset
        wrapped.direction = .sent
        output.entries.append(wrapped)
    }
}
