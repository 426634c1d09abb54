import JSONScanning
package import MarketModel
package import TextEncoding

extension MessageBatch {
    /// Removes the secrets from all messages, and marks those messages as redacted.
    ///
    /// In texts, a secret is also found if it is written with escapes of JSON. Without secrets, this costs one test per
    /// batch.
    package mutating func redact(_ secrets: KnownSecrets) {
        guard !secrets.isEmpty else { return }
        replaceMessages { entry, payload in
            guard entry.kind != .binary, let plain = JSONText.plain(payload) else {
                return secrets.areIn(payload) ? secrets.removed(from: payload) : nil
            }
            // The payload may hold one secret as it is, and another one with escapes.
            guard secrets.areIn(payload), let clean = secrets.removed(from: payload) else {
                return plain.withUnsafeBytes { secrets.removed(from: $0) }
            }
            return clean.withUnsafeBytes { clean in
                JSONText.withPlain(clean) { secrets.removed(from: $0) ?? Array(clean) }
            }
        }
    }

    /// Replaces the messages for which `replacement` returns a payload, and marks them as redacted.
    ///
    /// Nearly every batch is harmless. It is then not copied.
    mutating func replaceMessages(_ replacement: (Entry, UnsafeRawBufferPointer) -> [UInt8]?) {
        var output: MessageBatch?
        for (index, entry) in entries.enumerated() {
            guard let text = withPayload(at: index, { replacement(entry, $0) }) else {
                output?.append(messageAt: index, of: self)
                continue
            }
            var changed = output ?? part(0..<index)
            // Otherwise, the next line would copy the messages.
            output = nil
            changed.append(text, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
            changed.entries[changed.count - 1].isRedacted = true
            output = changed
        }
        guard var output else { return }
        output.journalPosition = journalPosition
        self = output
    }
}
