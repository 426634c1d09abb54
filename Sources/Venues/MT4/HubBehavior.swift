import JSONScanning
package import MarketModel
import SignalRProtocol

/// How a hub treats its clients, if it differs from a healthy hub.
package struct HubBehavior: Sendable, Hashable {
    /// What happens at the end of the tape.
    package var ending = SessionEnding.close
    /// Whether the Close record allows the client to reconnect.
    package var allowsReconnect = false
    /// False for a hub whose methods take positional arguments; it rejects objects.
    package var bindsObjects = true
    /// The hub accepts every connection and refuses every call.
    package var isUnauthorized = false
    /// The hub splits records over two WebSocket messages, as .NET's byte stream allows.
    package var splitsRecords = false
    /// The hub sends JSON in binary messages, as some gateways do.
    package var sendsBinary = false
    /// What the tape has; `nil` if everything is available.
    package var recorded: MT4Recorded?
    /// The tape time before its first message, for hubs that report the time.
    package var tapeStart = UnixNanoseconds(0)

    package init() {}
}

/// What the recorder of a tape had subscribed to.
package struct MT4Recorded: Sendable, Hashable {
    /// A recorded stream.
    package struct Stream: Sendable, Hashable {
        package let kind: MT4ItemKind
        /// The JSON text of the ID it was recorded under, including quotes.
        package let invocationID: [UInt8]
    }

    package private(set) var streams: [Stream] = []
    /// True if ticks were subscribed to, or arrived without a known subscription: it is not published what starts them.
    package private(set) var hasTicks = false
    /// True if the recorder made any call but `Connect`; otherwise its subscriptions are unknown.
    package private(set) var hasCalls = false

    package init() {}

    /// Adds the calls of a message that was sent to the hub.
    package mutating func note(_ payload: UnsafeRawBufferPointer) {
        var scanner = HubRecordScanner(payload)
        while let bytes = scanner.next() {
            guard let record = try? HubRecord(bytes), record.type == .invocation || record.type == .streamInvocation,
                let method = record.target.flatMap({ $0.withText { MT4Method($0) } }), method != .connect
            else { continue }
            hasCalls = true
            if method == .subscribeToTicks || method == .subscribeToAllTicks { hasTicks = true }
            guard let kind = method.streamedItem, let id = record.invocationID else { continue }
            let stream = Stream(kind: kind, invocationID: Array(id))
            if !streams.contains(stream), streams.count < Self.streamsMax { streams.append(stream) }
        }
    }

    /// Adds the callbacks of a message that was received from the hub.
    package mutating func noteReceived(_ payload: UnsafeRawBufferPointer) {
        guard !hasTicks else { return }
        var scanner = HubRecordScanner(payload)
        while let bytes = scanner.next() {
            guard let target = (try? HubRecord(bytes))?.target else { continue }
            switch target.withText({ MT4Callback($0) }) {
            case .tick, .ticks, .ticksOHLC: hasTicks = true
            default: break
            }
        }
    }

    func has(_ kind: MT4ItemKind) -> Bool { streams.contains { $0.kind == kind } }

    private static let streamsMax = 64
}
