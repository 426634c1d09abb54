import JSONScanning

/// Recognises what must not be stored: UserRecord carries passwords in clear.
enum MT4Secrets {
    /// Parts of names, in small letters, that only secrets have.
    private static let markers: [StaticString] = [
        "password", "otpsecret", "securereserved", "client_secret", "clientsecret", "access_token", "accesstoken",
    ]

    /// JSON inside strings inside JSON: texts are unwrapped this often.
    private static let escapeDepthMax = 4

    /// True where the JSON text `bytes` names a secret: as a key at any depth, in any case, escaped or not, also in
    /// JSON that travels as a string.
    ///
    /// Any other mention of such a name counts too: to keep too little costs an event, to keep too much a password.
    static func isNamed(in bytes: UnsafeRawBufferPointer) -> Bool {
        if holdsMarker(bytes) { return true }
        guard bytes.contains(UInt8(ascii: "\\")) else { return false }
        var text = Array(bytes)
        for _ in 0..<escapeDepthMax {
            text = text.withUnsafeBytes(JSONText.unescaped)
            if text.withUnsafeBytes(holdsMarker) { return true }
            guard text.contains(UInt8(ascii: "\\")) else { return false }
        }
        // Nested deeper than anything honest.
        return true
    }

    private static func holdsMarker(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for start in bytes.indices {
            let first = bytes[start].asciiLowercased
            for marker in markers where first == marker.utf8Start[0] && isFound(marker, in: bytes, at: start) {
                return true
            }
        }
        return false
    }

    private static func isFound(_ marker: StaticString, in bytes: UnsafeRawBufferPointer, at start: Int) -> Bool {
        let end = start + marker.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end]).equalsIgnoringCase(marker)
    }
}
