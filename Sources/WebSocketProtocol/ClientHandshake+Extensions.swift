extension ClientHandshake {
    /// The agreement in the server's 101; `nil` if the server chose no extension.
    ///
    /// Throws in these cases (RFC 6455 §9.1, RFC 7692 §7.1): an extension other than permessage-deflate;
    /// permessage-deflate that was not offered, or appears twice; an empty or malformed field; parameters that are
    /// unknown, duplicate, out of range, or not compatible with the offer.
    static func agreement(
        in head: HTTPResponseHead,
        offered settings: DeflateSettings?
    ) throws(HandshakeError) -> DeflateAgreement? {
        func error(_ description: String) -> HandshakeError {
            HandshakeError(code: .notOffered, description: description, status: 101, responseHead: head)
        }
        let values = head.headers.values("Sec-WebSocket-Extensions")
        guard !values.isEmpty else { return nil }
        guard let chosen = ExtensionHeader.list(values), let first = chosen.first else {
            throw error("the server's Sec-WebSocket-Extensions is malformed")
        }
        guard chosen.count == 1, let settings, first.name.equalsIgnoringCase(DeflateParameters.extensionName) else {
            throw error("the server chose an extension that was not offered")
        }
        guard let answer = DeflateParameters(first),
            let agreement = DeflateAgreement(answer: answer, to: settings.offer, settings: settings)
        else { throw error("the server's permessage-deflate does not match our offer") }
        return agreement
    }
}
