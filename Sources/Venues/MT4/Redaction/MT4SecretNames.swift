import JSONScanning

/// The names under which a hub sends what must not be stored (mt4hub.md, "Privacy").
enum MT4SecretNames {
    /// How a member is treated.
    enum Kind {
        case harmless
        /// About a person; kept where the user asks for it.
        case personal
        /// Never kept.
        case secret
    }

    /// Parts of names, in small letters, that only secrets have.
    static let markers: [StaticString] = [
        "password", "passwd", "secret", "token", "authorization", "bearer", "apikey", "api_key", "api-key", "cookie",
        "credential",
    ]

    /// Opaque members of UserRecord: nobody says what is in them.
    private static let opaque: [StaticString] = [
        "secureReserved", "enableReserved", "reserved2", "unused", "apiData",
    ]

    private static let personal: [StaticString] = [
        "name", "address", "city", "state", "zipCode", "country", "phone", "email", "id", "comment", "leadSource",
        "lastIP", "mqid",
    ]

    /// What the member called `key`, its escapes undone, is.
    static func kind(of key: UnsafeRawBufferPointer) -> Kind {
        for name in personal where key.equalsIgnoringCase(name) { return .personal }
        for name in opaque where key.equalsIgnoringCase(name) { return .secret }
        return holdsMarker(key) ? .secret : .harmless
    }

    /// True where the text holds a word of secrets, in any case.
    static func holdsMarker(_ text: UnsafeRawBufferPointer) -> Bool {
        for start in text.indices {
            let first = text[start].asciiLowercased
            for marker in markers where first == marker.utf8Start[0] && isFound(marker, in: text, at: start) {
                return true
            }
        }
        return false
    }

    /// Where the first word of secrets ends; `nil` where there is none.
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

    /// True where the text, whatever it is, holds a word of secrets or a quoted name with a colon behind it that is not
    /// harmless.
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
            // What ends one text may begin the next: where the text is broken nobody knows.
            open = index + 1
        }
        return false
    }

    /// True where a text for people says more than one word, and a word of secrets among them.
    ///
    /// `TOKENUSD` may be a symbol; `token=x`, `password is x` give something away.
    static func areMentioned(in text: UnsafeRawBufferPointer) -> Bool {
        let isSentence = text.contains { byte in
            byte == 0x20 || byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "\"")
        }
        return isSentence && areNamed(in: text)
    }

    /// True where a MessagePack text (its length in the byte or bytes before it) is a name that has to go.
    static func holdsPackedName(_ bytes: UnsafeRawBufferPointer, _ redaction: MT4Redaction) -> Bool {
        for start in bytes.indices {
            guard let text = packedText(in: bytes, at: start), text.count <= packedNameMax else { continue }
            if redaction.applies(to: text) { return true }
        }
        return false
    }

    /// Names are far shorter.
    private static let packedNameMax = 64

    /// The text that begins at `start`, in each of the forms that a short one may have (fixstr, str 8, str 16).
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
