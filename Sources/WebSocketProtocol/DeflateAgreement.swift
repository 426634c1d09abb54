/// What both sides agreed on about permessage-deflate, for ``WebSocketEngine``.
package struct DeflateAgreement: Sendable, Hashable {
    /// Whether compressors remember earlier messages of theirs.
    package let serverKeepsContext: Bool
    package let clientKeepsContext: Bool
    /// How far back the compressors may refer, as a power of 2: 8...15.
    package let serverWindowBits: Int
    package let clientWindowBits: Int
    /// Our own side's settings, for what the peer need not know.
    package let settings: DeflateSettings
    /// The answer as it stands in the server's `Sec-WebSocket-Extensions`.
    package let headerValue: String

    /// The server's choice of an offer; `nil` where our settings do not fit it (RFC 7692 §7.1).
    init?(offer: DeflateParameters, servedWith settings: DeflateSettings) {
        var answer = DeflateParameters()
        answer.serverNoContextTakeover = offer.serverNoContextTakeover || !settings.keepsOwnContext
        answer.clientNoContextTakeover = offer.clientNoContextTakeover || !settings.allowsPeerContext
        let serverBits = min(settings.ownWindowBits, offer.serverWindowBits ?? 15)
        if offer.serverWindowBits != nil || serverBits < 15 { answer.serverWindowBits = serverBits }
        switch offer.clientWindow {
        // A client that does not name the parameter does not take it either.
        case .absent: guard settings.peerWindowBits == 15 else { return nil }
        case .named: if settings.peerWindowBits < 15 { answer.clientWindow = .bits(settings.peerWindowBits) }
        case .bits(let bits): answer.clientWindow = .bits(min(settings.peerWindowBits, bits))
        }
        self.init(answer: answer, settings: settings)
    }

    /// The server's answer to our offer; `nil` where it breaks what was offered (RFC 7692 §7.1).
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

    /// How far back our compressor refers; a client may always stay below what it could.
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
    /// What a client with these settings offers.
    ///
    /// `client_max_window_bits` always stands there, so that the server may ask for less.
    var offer: DeflateParameters {
        var offer = DeflateParameters()
        offer.serverNoContextTakeover = !allowsPeerContext
        offer.clientNoContextTakeover = !keepsOwnContext
        if peerWindowBits < 15 { offer.serverWindowBits = peerWindowBits }
        offer.clientWindow = ownWindowBits < 15 ? .bits(ownWindowBits) : .named
        return offer
    }
}
