import JSONScanning
package import MarketModel
package import SignalRProtocol

/// The test hub from one client's point of view.
///
/// It answers `Ping` with the callback `Pong` and `GetServerTime` with the time, and sends `OnClock` every second
/// without a subscription.
///
/// The time is that of the tape. Each message of the tape becomes one call of `OnClock`.
package struct TestHubSession: HubSession {
    package var conversation: HubConversation
    package private(set) var hasSubscribed = false
    private var time: UnixNanoseconds

    package init(_ behavior: HubBehavior = HubBehavior()) {
        conversation = HubConversation(behavior)
        time = behavior.tapeStart
    }

    package mutating func begin() -> SessionSignal {
        hasSubscribed = true
        return .subscriptionsChanged
    }

    package mutating func call(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal {
        let name = record.target?.text ?? ""
        switch name.lowercased() {
        case "ping" where record.type == .invocation: pong(record, name, replies: &replies)
        case "getservertime" where record.type == .invocation:
            guard let id = record.invocationID else { break }
            conversation.appendCompletion(of: id, .json(Self.json(time)), to: &replies)
        case "ping", "getservertime":
            let text = "The client attempted to invoke the non-streaming '\(name)' method with a streaming invocation."
            conversation.refuse(record, text, replies: &replies)
        default:
            conversation.refuse(record, "Unknown hub method '\(name)'", replies: &replies)
        }
        return .none
    }

    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        for index in range {
            time = tape.entries[index].tsRecv
            let arguments = Array("[".utf8) + Self.json(time) + Array("]".utf8)
            conversation.appendEvent("OnClock", arguments: arguments, to: &output, tsRecv: time)
        }
    }

    package mutating func restrict(toSymbols symbols: Set<String>) {}

    private func pong(_ record: HubRecord, _ name: String, replies: inout MessageBatch) {
        guard let arguments = record.arguments, Self.isOneText(arguments) else {
            conversation.refuse(record, "Failed to invoke '\(name)' due to an error on the server.", replies: &replies)
            return
        }
        conversation.appendEvent("Pong", arguments: Array(arguments), to: &replies)
        if let id = record.invocationID { conversation.appendCompletion(of: id, .result("null"), to: &replies) }
    }

    private static func isOneText(_ arguments: UnsafeRawBufferPointer) -> Bool {
        var cursor = JSONCursor(arguments)
        guard (try? cursor.enterArray()) != nil, (try? cursor.nextElement()) == true,
            let value = try? cursor.nextValue(), value.kind == .string || value.isNull
        else { return false }
        return (try? cursor.nextElement()) == false
    }

    private static func json(_ time: UnixNanoseconds) -> [UInt8] { MT4JSON.quoted(time.iso8601) }
}
