extension ClientHandshake {
    /// What the server's 101 says about extensions: `nil` if it chose none; an error unless it answers our offer.
    ///
    /// Refused are (RFC 6455 §9.1, RFC 7692 §7.1): anything but permessage-deflate, and that too if it was not offered
    /// or stands there twice; a field without a member or off the grammar; parameters unknown, doubled, out of range, or
    /// not in keeping with the offer.
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
        else { throw error("the server's permessage-deflate does not answer our offer") }
        return agreement
    }
}
