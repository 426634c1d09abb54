extension ServerHandshake {
    /// What to answer the client's offers of permessage-deflate; `nil` where none fits `settings`.
    ///
    /// The client's first offer that fits is taken (RFC 7692 §5). Offers with parameters that are unknown, doubled or
    /// out of range are passed over, as are other extensions and a field that is malformed.
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
