import JSONScanning
package import MarketModel
import SignalRProtocol

/// How a hub treats its clients, where that differs from what a healthy hub does.
package struct HubBehavior: Sendable, Hashable {
    /// What happens when the tape is over.
    package var ending = SessionEnding.close
    /// Says so in the Close record: a further connection would be served.
    package var allowsReconnect = false
    /// False for a hub whose methods have positional arguments: objects do not bind.
    package var bindsObjects = true
    /// Accepts every connection, and refuses every call.
    package var isUnauthorized = false
    /// Splits its records over two WebSocket messages, as .NET's byte stream allows.
    package var splitsRecords = false
    /// Sends JSON in binary messages, as some gateways make of it.
    package var sendsBinary = false
    /// What a recording has; `nil` where everything is on offer.
    package var recorded: MT4Recorded?
    /// The time of the tape before its first message, for hubs that tell it.
    package var tapeStart = UnixNanoseconds(0)

    package init() {}
}

/// What the recorder of a tape had asked its hub for.
package struct MT4Recorded: Sendable, Hashable {
    /// A stream that was asked for.
    package struct Stream: Sendable, Hashable {
        package let kind: MT4ItemKind
        /// JSON text of the id it was recorded under, quotes included.
        package let invocationID: [UInt8]
    }

    package private(set) var streams: [Stream] = []
    /// True where ticks were asked for, or came without that: what starts them is not published.
    package private(set) var hasTicks = false
    /// True where anything but `Connect` was asked for; otherwise nothing is known.
    package private(set) var hasCalls = false

    package init() {}

    /// Notes what a message that was sent to the hub asks for.
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

    /// Notes what a message that was received from the hub holds.
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
