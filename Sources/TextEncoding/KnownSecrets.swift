/// Secrets, and the one way to find them in bytes and texts and to remove them.
///
/// A secret is also found in percent-encoding, and with the escapes of a JSON string. If a secret contains another, or
/// two overlap, the whole place is removed. The number of secrets is bounded: beyond it, the oldest are dropped.
package struct KnownSecrets: Sendable {
    /// A shorter text, in bytes, is not a secret: it would also match harmless words.
    package static let bytesMin = 8
    /// What replaces a secret; it reveals nothing, not even the length.
    package static let mark = "***"
    /// A text that was cut inside a secret ends with at least this many bytes of it, or they stay.
    private static let startBytes = 4

    private let countMax: Int
    /// The oldest first.
    private var secrets: [String] = []
    private var known: Set<String> = []
    /// What is searched for: each secret, as it is and encoded.
    private(set) var forms: [[UInt8]] = []
    private var knownForms: Set<[UInt8]> = []
    /// The forms by their first bytes, the longest first.
    private var byStart: [UInt32: [[UInt8]]] = [:]

    /// Starts with `secrets`, the oldest first, and keeps at most `countMax`.
    package init(_ secrets: [String] = [], countMax: Int = 64) {
        precondition(countMax > 0)
        self.countMax = countMax
        for secret in secrets { add(secret) }
    }

    package var isEmpty: Bool { secrets.isEmpty }
    package var count: Int { secrets.count }

    package func contains(_ secret: String) -> Bool { known.contains(secret) }

    /// Adds a secret, or makes it the latest one; returns true if it is new.
    ///
    /// Texts of fewer than ``bytesMin`` bytes are ignored.
    @discardableResult
    package mutating func add(_ secret: String) -> Bool {
        guard secret.utf8.count >= Self.bytesMin else { return false }
        guard known.insert(secret).inserted else {
            if secrets.last != secret, let place = secrets.firstIndex(of: secret) {
                secrets.append(secrets.remove(at: place))
            }
            return false
        }
        if secrets.count == countMax { dropOldest() }
        secrets.append(secret)
        addForms(of: secret)
        return true
    }

    // MARK: Removing

    /// Returns `bytes` with the mark in place of each secret; `nil` if there is none.
    ///
    /// If `isCut`, the beginning of a secret at the end of `bytes` is also removed.
    package func removed(from bytes: UnsafeRawBufferPointer, isCut: Bool = false) -> [UInt8]? {
        let places = places(in: bytes, isCut: isCut)
        guard !places.isEmpty else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var end = 0
        for place in places {
            output.append(contentsOf: bytes[end..<place.lowerBound])
            output.append(contentsOf: Self.mark.utf8)
            end = place.upperBound
        }
        output.append(contentsOf: bytes[end...])
        return output
    }

    /// Returns `text` with the mark in place of each secret.
    ///
    /// If `isCut`, the beginning of a secret at the end of `text` is also removed.
    package func removed(from text: String, isCut: Bool = false) -> String {
        guard !isEmpty else { return text }
        var copy = text
        let clean = copy.withUTF8 { removed(from: UnsafeRawBufferPointer($0), isCut: isCut) }
        return clean.map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The places of secrets, in order; those that overlap are one place.
    private func places(in bytes: UnsafeRawBufferPointer, isCut: Bool) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var position = 0
        while position + Self.startBytes <= bytes.count {
            defer { position += 1 }
            guard let count = secretBytes(in: bytes, at: position, isCut: isCut) else { continue }
            if let last = places.last, position < last.upperBound {
                places[places.count - 1] = last.lowerBound..<max(last.upperBound, position + count)
            } else {
                places.append(position..<position + count)
            }
        }
        return places
    }

    /// The length of the longest secret at `position`, in bytes; `nil` if none begins there.
    private func secretBytes(in bytes: UnsafeRawBufferPointer, at position: Int, isCut: Bool) -> Int? {
        guard let candidates = byStart[Self.start(of: bytes, at: position)] else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        for form in candidates {
            guard form.count <= rest.count || isCut else { continue }
            let count = min(form.count, rest.count)
            if form.withUnsafeBytes({ $0.prefix(count).elementsEqual(rest.prefix(count)) }) { return count }
        }
        return nil
    }

    // MARK: Forms

    private mutating func addForms(of secret: String) {
        add(form: Array(secret.utf8))
        add(form: Array(PercentEncoding.encode(secret).utf8))
        add(form: Array(secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").utf8))
    }

    private mutating func add(form: [UInt8]) {
        guard knownForms.insert(form).inserted else { return }
        forms.append(form)
        let start = form.withUnsafeBytes { Self.start(of: $0, at: 0) }
        var others = byStart.removeValue(forKey: start) ?? []
        var (low, high) = (0, others.count)
        while low < high {
            let middle = (low + high) / 2
            if others[middle].count >= form.count { low = middle + 1 } else { high = middle }
        }
        others.insert(form, at: low)
        byStart[start] = others
    }

    /// Drops an eighth of the secrets at once, because everything that is searched for must be built again.
    private mutating func dropOldest() {
        for secret in secrets.prefix(max(1, countMax / 8)) { known.remove(secret) }
        secrets.removeFirst(max(1, countMax / 8))
        (forms, knownForms, byStart) = ([], [], [:])
        for secret in secrets { addForms(of: secret) }
    }

    private static func start(of bytes: UnsafeRawBufferPointer, at position: Int) -> UInt32 {
        bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
    }
}

/// Without these, a description or a dump would show the secrets.
extension KnownSecrets: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(count) secrets" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
