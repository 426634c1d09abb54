/// The permessage-deflate parameters that both sides agreed on, for ``WebSocketEngine``.
package struct DeflateAgreement: Sendable, Hashable {
    /// Whether each side's compressor remembers earlier messages.
    package let serverKeepsContext: Bool
    package let clientKeepsContext: Bool
    /// Window size of each compressor, as a power of 2: 8...15.
    package let serverWindowBits: Int
    package let clientWindowBits: Int
    /// Our own settings, including those that the peer does not need to know.
    package let settings: DeflateSettings
    /// The server's answer, as the value of `Sec-WebSocket-Extensions`.
    package let headerValue: String

    /// Makes the server's answer to an offer; `nil` if our settings do not fit it (RFC 7692 §7.1).
    init?(offer: DeflateParameters, servedWith settings: DeflateSettings) {
        var answer = DeflateParameters()
        answer.serverNoContextTakeover = offer.serverNoContextTakeover || !settings.keepsOwnContext
        answer.clientNoContextTakeover = offer.clientNoContextTakeover || !settings.allowsPeerContext
        let serverBits = min(settings.ownWindowBits, offer.serverWindowBits ?? 15)
        if offer.serverWindowBits != nil || serverBits < 15 { answer.serverWindowBits = serverBits }
        switch offer.clientWindow {
        // A client that does not send the parameter does not accept it either.
        case .absent: guard settings.peerWindowBits == 15 else { return nil }
        case .named: if settings.peerWindowBits < 15 { answer.clientWindow = .bits(settings.peerWindowBits) }
        case .bits(let bits): answer.clientWindow = .bits(min(settings.peerWindowBits, bits))
        }
        self.init(answer: answer, settings: settings)
    }

    /// Checks the server's answer to our offer; `nil` if it conflicts with the offer (RFC 7692 §7.1).
    init?(answer: DeflateParameters, to offer: DeflateParameters, settings: DeflateSettings) {
        guard answer.serverNoContextTakeover || !offer.serverNoContextTakeover else { return nil }
        if let bitsMax = offer.serverWindowBits {
            guard let bits = answer.serverWindowBits, bits <= bitsMax else { return nil }
        }
        switch (answer.clientWindow, offer.clientWindow) {
        case (.absent, _), (.bits, .named): break
        case (.bits(let bits), .bits(let bitsMax)): guard bits <= bitsMax else { return nil }
        case (.named, _), (.bits, .absent): return nil
        }
        self.init(answer: answer, settings: settings)
    }

    private init(answer: DeflateParameters, settings: DeflateSettings) {
        serverKeepsContext = !answer.serverNoContextTakeover
        clientKeepsContext = !answer.clientNoContextTakeover
        serverWindowBits = answer.serverWindowBits ?? 15
        if case .bits(let bits) = answer.clientWindow { clientWindowBits = bits } else { clientWindowBits = 15 }
        self.settings = settings
        headerValue = answer.text
    }

    /// The window size of our compressor; a client may always use less than was agreed.
    func ownWindowBits(_ role: WebSocketRole) -> Int {
        min(settings.ownWindowBits, role == .client ? clientWindowBits : serverWindowBits)
    }

    func keepsOwnContext(_ role: WebSocketRole) -> Bool {
        settings.keepsOwnContext && (role == .client ? clientKeepsContext : serverKeepsContext)
    }

    func keepsPeerContext(_ role: WebSocketRole) -> Bool {
        role == .client ? serverKeepsContext : clientKeepsContext
    }
}

extension DeflateSettings {
    /// The offer of a client with these settings.
    ///
    /// It always has `client_max_window_bits`, so that the server may ask for less.
    var offer: DeflateParameters {
        var offer = DeflateParameters()
        offer.serverNoContextTakeover = !allowsPeerContext
        offer.clientNoContextTakeover = !keepsOwnContext
        if peerWindowBits < 15 { offer.serverWindowBits = peerWindowBits }
        offer.clientWindow = ownWindowBits < 15 ? .bits(ownWindowBits) : .named
        return offer
    }
}
