extension ServerHandshake {
    /// Chooses among the client's permessage-deflate offers; `nil` if none fits `settings`.
    ///
    /// The first fitting offer is taken (RFC 7692 §5). Offers with unknown, duplicate or out-of-range parameters, other
    /// extensions and malformed fields are ignored.
    package static func deflate(
        for request: HTTPRequestHead,
        settings: DeflateSettings
    ) -> DeflateAgreement? {
        let offers = ExtensionHeader.list(request.headers.values("Sec-WebSocket-Extensions")) ?? []
        for offer in offers where offer.name.equalsIgnoringCase(DeflateParameters.extensionName) {
            guard let parameters = DeflateParameters(offer) else { continue }
            if let agreement = DeflateAgreement(offer: parameters, servedWith: settings) { return agreement }
        }
        return nil
    }
}
