import COpenSSL

/// ALPN (RFC 7301): offers and accepts only `http/1.1`.
enum ApplicationProtocol {
    static let name: [UInt8] = Array("http/1.1".utf8)

    static func offer(in context: OpaquePointer) throws(TLSError) {
        let protocols = [UInt8(name.count)] + name
        guard SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) == 0 else {
            throw .configuration("cannot offer http/1.1")
        }
    }

    static func choose(in context: OpaquePointer) {
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, output, outputLength, offer, offerLength, _ in
                ApplicationProtocol.select(output, outputLength, offer: offer, offerLength)
            },
            nil
        )
    }

    /// The agreed protocol; `nil` if one of the sides does not use ALPN.
    static func agreed(_ ssl: OpaquePointer) -> String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// Checks the server's choice, because OpenSSL does not check that it was offered.
    static func isAcceptable(_ agreed: String?) -> Bool {
        agreed.map { $0.utf8.elementsEqual(name) } ?? true
    }

    /// Picks `http/1.1`; refuses a client that offers only others with no_application_protocol (RFC 7301 §3.2).
    private static func select(
        _ output: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ outputLength: UnsafeMutablePointer<UInt8>?,
        offer: UnsafePointer<UInt8>?,
        _ offerLength: UInt32
    ) -> Int32 {
        guard let output, let outputLength, let offer else { return SSL_TLSEXT_ERR_NOACK }
        let list = UnsafeBufferPointer(start: offer, count: Int(offerLength))
        var position = 0
        while position < list.count {
            let start = position + 1
            let end = start + Int(list[position])
            guard end <= list.count else { break }
            if list[start..<end].elementsEqual(name) {
                output.pointee = offer + start
                outputLength.pointee = list[position]
                return SSL_TLSEXT_ERR_OK
            }
            position = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
