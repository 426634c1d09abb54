import WebSocketProtocol

/// Called by libFuzzer for every input.
///
/// The first byte selects where to split the rest. The result of both sides of the opening handshake must not depend on
/// the split.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzHandshake(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: data, count: count)
    guard let first = input.first else { return 0 }
    let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    let cut = bytes.isEmpty ? 0 : Int(first) % bytes.count
    precondition(serverOutcome([bytes]) == serverOutcome(pieces(bytes, cut)), "the server's outcome depends on the cut")
    precondition(clientOutcome([bytes]) == clientOutcome(pieces(bytes, cut)), "the client's outcome depends on the cut")
    return 0
}

private func pieces(_ bytes: UnsafeRawBufferPointer, _ cut: Int) -> [UnsafeRawBufferPointer] {
    [UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...])]
}

private let settings = [
    DeflateSettings(), DeflateSettings(keepsOwnContext: false, ownWindowBits: 9, peerWindowBits: 10),
]

/// The response to the first head, or the error's text.
private func serverOutcome(_ pieces: [UnsafeRawBufferPointer]) -> [UInt8] {
    var parser = HTTPHeadParser(headerBytesMax: 2048)
    do throws(HandshakeError) {
        for piece in pieces {
            guard case .head(let head, _) = try parser.receiveRequest(piece) else { continue }
            _ = (head.path, head.queryItems, head.wantsKeepAlive, ServerHandshake.isUpgrade(head))
            let agreements = settings.map { ServerHandshake.deflate(for: head, settings: $0) }
            let subprotocol = ServerHandshake.subprotocols(of: head).last
            return try ServerHandshake.accept(head, subprotocol: subprotocol, deflate: agreements[0])
                + Array((agreements[1]?.headerValue ?? "").utf8)
        }
    } catch {
        return ServerHandshake.rejection(error)
    }
    return []
}

/// The result of a client with a fixed key for the bytes as a response.
private func clientOutcome(_ pieces: [UnsafeRawBufferPointer]) -> String {
    var handshake = ClientHandshake(
        host: "h",
        target: "/",
        key: Array("the sample nonce".utf8),
        subprotocols: ["a", "b"],
        limits: WebSocketLimits(headerBytesMax: 2048),
        deflate: settings[1]
    )
    do throws(HandshakeError) {
        for piece in pieces {
            guard case .accepted(let head, _) = try handshake.receive(piece) else { continue }
            return "\(head.headers.fields) \(handshake.deflate?.headerValue ?? "")"
        }
        return handshake.connectionEnded().description
    } catch {
        return error.description + (error.bodyExcerpt ?? "")
    }
}
