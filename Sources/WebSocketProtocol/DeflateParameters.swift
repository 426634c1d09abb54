/// The parameters of one permessage-deflate offer or answer (RFC 7692 §7.1).
struct DeflateParameters: Hashable {
    static let extensionName = "permessage-deflate"

    /// How `client_max_window_bits` appears; only an offer may have it without a value.
    enum ClientWindow: Hashable {
        case absent
        case named
        case bits(Int)
    }

    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverWindowBits: Int?
    var clientWindow = ClientWindow.absent

    init() {}

    /// Parses an offer or an answer.
    ///
    /// `nil` if a parameter is unknown, duplicate, out of range 8...15, lacks its value, or must not have one (RFC 7692
    /// §7.1).
    init?(_ header: ExtensionHeader) {
        guard Set(header.parameters.map(\.name)).count == header.parameters.count else { return nil }
        for parameter in header.parameters {
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverNoContextTakeover = true
            case ("client_no_context_takeover", nil): clientNoContextTakeover = true
            case ("client_max_window_bits", nil): clientWindow = .named
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                serverWindowBits = bits
            case ("client_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                clientWindow = .bits(bits)
            default: return nil
            }
        }
    }

    /// The value for `Sec-WebSocket-Extensions`.
    var text: String {
        var text = Self.extensionName
        if serverNoContextTakeover { text += "; server_no_context_takeover" }
        if clientNoContextTakeover { text += "; client_no_context_takeover" }
        if let serverWindowBits { text += "; server_max_window_bits=\(serverWindowBits)" }
        switch clientWindow {
        case .absent: break
        case .named: text += "; client_max_window_bits"
        case .bits(let bits): text += "; client_max_window_bits=\(bits)"
        }
        return text
    }

    /// A decimal number from 8 to 15 without leading zeros.
    private static func windowBits(_ text: String) -> Int? {
        DeflateSettings.windowBits.first { String($0) == text }
    }
}
