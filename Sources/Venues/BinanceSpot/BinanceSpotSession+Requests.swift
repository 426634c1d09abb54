import JSONScanning
package import MarketModel

extension BinanceSpotSession {
    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        do throws(BinanceRequestError) {
            let request = try BinanceRequest(payload)
            return try perform(request, replies: &replies)
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
        var names: [[UInt8]] = []
        for parameter in request.parameters {
            guard let text = parameter.text, !text.isEmpty else {
                let message = "Invalid request: params must be an array of stream names"
                throw BinanceRequestError(code: 2, message: message, id: request.id)
            }
            names.append(Array(text.utf8))
        }
        guard request.method == .subscribe else {
            for name in names { streams.remove(name) }
            return
        }
        let added = Set(names).subtracting(streams.names).count
        guard streams.count + added <= Self.streamsMax else {
            let message = "Invalid request: more than \(Self.streamsMax) streams"
            throw BinanceRequestError(code: 2, message: message, id: request.id)
        }
        for name in names { streams.insert(name) }
        if !names.isEmpty { hasSubscribed = true }
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
