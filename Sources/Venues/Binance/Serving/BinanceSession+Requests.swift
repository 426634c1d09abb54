import JSONScanning
package import MarketModel

extension BinanceSession {
    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        do throws(BinanceRequestError) {
            return try JSONText.withPlain(payload) { plain throws(BinanceRequestError) in
                try perform(try BinanceRequest(plain, message: payload), replies: &replies)
            }
        } catch {
            reply(error, to: &replies)
            return .none
        }
    }

    private mutating func perform(
        _ request: BinanceRequest,
        replies: inout MessageBatch
    ) throws(BinanceRequestError) -> SessionSignal {
        switch request.method {
        case .subscribe, .unsubscribe:
            try change(request)
            reply("null", id: request.id, to: &replies)
            return .subscriptionsChanged
        case .listSubscriptions:
            reply(subscriptionList, id: request.id, to: &replies)
        case .setProperty:
            isCombined = try combinedValue(of: request)
            reply("null", id: request.id, to: &replies)
        case .getProperty:
            try requireCombined(request, parameterCount: 1)
            reply(isCombined ? "true" : "false", id: request.id, to: &replies)
        }
        return .none
    }

    private mutating func change(_ request: BinanceRequest) throws(BinanceRequestError) {
        func refusal(_ reason: String) -> BinanceRequestError {
            BinanceRequestError(code: 2, message: "Invalid request: \(reason)", id: request.id)
        }
        var names: [[UInt8]] = []
        for parameter in request.parameters {
            guard let text = parameter.text, !text.isEmpty else {
                throw refusal("params must be an array of stream names")
            }
            guard text.utf8.count <= Self.nameBytesMax else {
                throw refusal("a stream name has at most \(Self.nameBytesMax) bytes")
            }
            names.append(Array(text.utf8))
        }
        guard request.method == .subscribe else { return unsubscribe(from: names) }
        let added = Set(names).subtracting(streams.names)
        guard streams.count + added.count <= Self.streamsMax else {
            throw refusal("more than \(Self.streamsMax) streams")
        }
        if let reason = refusalBeyondOffer(of: names) { throw refusal(reason) }
        subscribe(to: names)
    }

    /// The reason why the tape cannot serve `names`; `nil` if it can.
    private mutating func refusalBeyondOffer(of names: [[UInt8]]) -> String? {
        guard let offer, offer.isComplete else { return nil }
        let names = names.map { String(decoding: $0, as: UTF8.self) }
        guard let reason = offer.refusal(ofStreams: names) else { return nil }
        report.noteRefused(names.filter { !offer.streams.contains($0) })
        return reason
    }

    // MARK: Properties

    private func requireCombined(_ request: BinanceRequest, parameterCount: Int) throws(BinanceRequestError) {
        guard let name = request.parameters.first, name.kind == .string else {
            let message = "Invalid request: property name must be a string"
            throw BinanceRequestError(code: 2, message: message, id: request.id)
        }
        guard request.parameters.count <= parameterCount else {
            throw BinanceRequestError(code: 2, message: "Invalid request: too many parameters", id: request.id)
        }
        guard name.bytes.equals("combined") else {
            throw BinanceRequestError(code: 0, message: "Unknown property", id: request.id)
        }
    }

    private func combinedValue(of request: BinanceRequest) throws(BinanceRequestError) -> Bool {
        try requireCombined(request, parameterCount: 2)
        switch request.parameters.count > 1 ? request.parameters[1].kind : .null {
        case .true: return true
        case .false: return false
        default:
            throw BinanceRequestError(code: 1, message: "Invalid value type: expected Boolean", id: request.id)
        }
    }

    // MARK: Replies

    private var subscriptionList: String {
        "[" + streams.names.map { JSONText.quoted(String(decoding: $0, as: UTF8.self)) }.joined(separator: ",") + "]"
    }

    private func reply(_ result: String, id: [UInt8], to replies: inout MessageBatch) {
        let text = Array("{\"result\":\(result),\"id\":".utf8) + id + [UInt8(ascii: "}")]
        replies.append(text, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    private func reply(_ error: BinanceRequestError, to replies: inout MessageBatch) {
        var text = Array("{\"code\":\(error.code),\"msg\":".utf8)
        JSONText.appendString(error.message, to: &text)
        if let id = error.id { text += Array(",\"id\":".utf8) + id }
        text.append(UInt8(ascii: "}"))
        replies.append(text, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}
