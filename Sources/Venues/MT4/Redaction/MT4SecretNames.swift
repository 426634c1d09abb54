import JSONScanning

/// The member names of data that must not be stored (mt4hub.md, "Privacy").
enum MT4SecretNames {
    /// How a member is treated.
    enum Kind {
        case harmless
        /// Personal data; kept if the user asks for it.
        case personal
        /// Never kept.
        case secret
    }

    /// Parts of names, in lower case, that only secrets have.
    static let markers: [StaticString] = [
        "password", "passwd", "secret", "token", "authorization", "bearer", "apikey", "api_key", "api-key", "cookie",
        "credential",
    ]

    /// Opaque members of UserRecord.
    ///
    /// Their content is not documented.
    private static let opaque: [StaticString] = [
        "secureReserved", "enableReserved", "reserved2", "unused", "apiData",
    ]

    private static let personal: [StaticString] = [
        "name", "address", "city", "state", "zipCode", "country", "phone", "email", "id", "comment", "leadSource",
        "lastIP", "mqid",
    ]

    /// Returns the kind of the member `key`, which must be unescaped.
    static func kind(of key: UnsafeRawBufferPointer) -> Kind {
        for name in personal where key.equalsIgnoringCase(name) { return .personal }
        for name in opaque where key.equalsIgnoringCase(name) { return .secret }
        return holdsMarker(key) ? .secret : .harmless
    }

    /// True if the text contains a secret word, in any case.
    static func holdsMarker(_ text: UnsafeRawBufferPointer) -> Bool {
        for start in text.indices {
            let first = text[start].asciiLowercased
            for marker in markers where first == marker.utf8Start[0] && isFound(marker, in: text, at: start) {
                return true
            }
        }
        return false
    }

    /// Returns the end of the first secret word; `nil` if there is none.
    static func endOfFirstMarker(in text: UnsafeRawBufferPointer) -> Int? {
        for start in text.indices {
            for marker in markers where isFound(marker, in: text, at: start) {
                return start + marker.utf8CodeUnitCount
            }
        }
        return nil
    }

    private static func isFound(_ marker: StaticString, in text: UnsafeRawBufferPointer, at start: Int) -> Bool {
        let end = start + marker.utf8CodeUnitCount
        guard end <= text.count else { return false }
        return UnsafeRawBufferPointer(rebasing: text[start..<end]).equalsIgnoringCase(marker)
    }

    /// True if any text contains a secret word, or a quoted name before a colon that is not harmless.
    static func areNamed(in text: UnsafeRawBufferPointer) -> Bool {
        if holdsMarker(text) { return true }
        var open: Int?
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: "\"") {
            if let start = open {
                var next = index + 1
                while next < text.count, text[next] <= 0x20 { next += 1 }
                let isKey = next < text.count && text[next] == UInt8(ascii: ":")
                if isKey, kind(of: UnsafeRawBufferPointer(rebasing: text[start..<index])) != .harmless { return true }
            }
            // A closing quote may also open the next text: in broken text this cannot be decided.
            open = index + 1
        }
        return false
    }

    /// True if a text for people has more than one word, and a secret word among them.
    ///
    /// `TOKENUSD` may be a symbol; `token=x` and `password is x` reveal something.
    static func areMentioned(in text: UnsafeRawBufferPointer) -> Bool {
        let isSentence = text.contains { byte in
            byte == 0x20 || byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "\"")
        }
        return isSentence && areNamed(in: text)
    }

    /// True if a MessagePack string (with its length before it) is a name whose value must be removed.
    static func holdsPackedName(_ bytes: UnsafeRawBufferPointer, _ redaction: MT4Redaction) -> Bool {
        for start in bytes.indices {
            guard let text = packedText(in: bytes, at: start), text.count <= packedNameMax else { continue }
            if redaction.applies(to: text) { return true }
        }
        return false
    }

    /// Names are far shorter than this.
    private static let packedNameMax = 64

    /// Returns the string at `start`, in each form of a short string (fixstr, str 8, str 16).
    private static func packedText(in bytes: UnsafeRawBufferPointer, at start: Int) -> UnsafeRawBufferPointer? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let (head, count): (Int, Int)
        switch rest[0] {
        case 0xA0...0xBF: (head, count) = (1, Int(rest[0] & 0x1F))
        case 0xD9 where rest.count > 1: (head, count) = (2, Int(rest[1]))
        case 0xDA where rest.count > 2: (head, count) = (3, Int(rest[1]) << 8 | Int(rest[2]))
        default: return nil
        }
        guard count <= rest.count - head else { return nil }
        return UnsafeRawBufferPointer(rebasing: rest[head..<head + count])
    }
}
