import JSONScanning
package import MarketModel
package import SignalRProtocol

/// The MT5 hub from one client's point of view: `Connect`, and a callback with two positional arguments that reports
/// its result.
package struct MT5HubSession: HubSession {
    package var conversation: HubConversation
    package let hasSubscribed = false

    package init(_ behavior: HubBehavior = HubBehavior()) {
        conversation = HubConversation(behavior)
    }

    package mutating func call(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal {
        let name = record.target?.text ?? ""
        guard name.lowercased() == "connect" else {
            conversation.refuse(record, "Unknown hub method '\(name)'", replies: &replies)
            return .none
        }
        guard record.type == .invocation else {
            let text = "The client attempted to invoke the non-streaming '\(name)' method with a streaming invocation."
            conversation.refuse(record, text, replies: &replies)
            return .none
        }
        guard let platform = platform(in: record) else {
            conversation.refuse(record, "Failed to invoke '\(name)' due to an error on the server.", replies: &replies)
            return .none
        }
        if let id = record.invocationID { conversation.appendCompletion(of: id, .result("true"), to: &replies) }
        var arguments = [UInt8(ascii: "[")]
        JSONText.appendString(platform, to: &arguments)
        arguments.append(contentsOf: ",true]".utf8)
        conversation.appendEvent("OnMT5ConnectionStatus", arguments: arguments, to: &replies)
        return .none
    }

    // A tape has no data for this hub.
    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {}
    package mutating func restrict(toSymbols symbols: Set<String>) {}

    /// Returns the trade platform of `[{tradePlatform, timeoutMs}]` or of `[platform, timeoutMs]`.
    private func platform(in record: HubRecord) -> String? {
        guard let arguments = record.arguments else { return nil }
        var cursor = JSONCursor(arguments)
        guard (try? cursor.enterArray()) != nil, (try? cursor.nextElement()) == true,
            let first = try? cursor.nextValue()
        else { return nil }
        if first.kind == .string { return first.text }
        guard first.kind == .object, conversation.behavior.bindsObjects else { return nil }
        var members = JSONCursor(first)
        guard (try? members.enterObject()) != nil else { return nil }
        var platform = ""
        while let key = try? members.nextKey(), let value = try? members.nextValue() {
            if key.equalsIgnoringCase("tradePlatform") { platform = value.text ?? "" }
        }
        return platform
    }
}

extension HubConversation {
    /// Appends a call of a client's callback, with a JSON array of arguments.
    func appendEvent(
        _ target: String,
        arguments: [UInt8],
        to output: inout MessageBatch,
        tsRecv: UnixNanoseconds = UnixNanoseconds(0)
    ) {
        let start = output.bytes.count
        HubRecordWriter.appendInvocation(of: target, invocationID: nil, arguments: arguments, to: &output.bytes)
        endMessage(from: start, in: &output, tsRecv: tsRecv)
    }
}
