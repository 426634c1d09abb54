import Archive
import MarketModel
import Synchronization

/// SHA-256 over messages, with a line feed after each, computed on a thread of a pool.
///
/// At full speed, hashing costs as much as everything else that an event loop does for a client.
final class MessageHasher: Sendable {
    private struct Pending {
        var batches: [MessageBatch] = []
        var bytes = 0
        var isWorking = false
    }

    /// The minimum number of bytes for which a thread is woken.
    private static let startBytes = 32 * 1024
    /// A caller that exceeds this number of waiting bytes hashes them itself.
    private static let bytesMax = 512 * 1024

    private let pool: any BlockingPool
    private let pending = Mutex(Pending())
    /// Its lock is taken before that of `pending`, which keeps the messages in order.
    private let digest = Mutex(MessageDigest())

    init(pool: any BlockingPool) {
        self.pool = pool
    }

    func add(_ batch: MessageBatch) {
        guard !batch.isEmpty else { return }
        let (starts, isTooMuch) = pending.withLock { pending in
            pending.batches.append(batch)
            pending.bytes += batch.bytes.count
            let starts = !pending.isWorking && pending.bytes >= Self.startBytes
            if starts { pending.isWorking = true }
            return (starts, pending.bytes > Self.bytesMax)
        }
        if starts { pool.submit { self.work() } }
        if isTooMuch { digest.withLock { hashPending(into: $0) } }
    }

    /// Returns the digest of everything added since the last call, in hexadecimal.
    func finish() -> String {
        digest.withLock { digest in
            hashPending(into: digest)
            let text = digest.finish()
            digest = MessageDigest()
            return text
        }
    }

    private func work() {
        digest.withLock { hashPending(into: $0) }
        pending.withLock { $0.isWorking = false }
    }

    private func hashPending(into digest: MessageDigest) {
        var text: [UInt8] = []
        while true {
            let batches = pending.withLock { pending in
                let batches = pending.batches
                pending.batches = []
                pending.bytes = 0
                return batches
            }
            if batches.isEmpty { return }
            for batch in batches { Self.hash(batch, into: digest, &text) }
        }
    }

    /// Passes many messages to the hash in one call, because a call costs more than hashing 100 bytes.
    private static func hash(_ batch: MessageBatch, into digest: MessageDigest, _ text: inout [UInt8]) {
        text.removeAll(keepingCapacity: true)
        text.reserveCapacity(batch.bytes.count + batch.count)
        batch.bytes.withUnsafeBytes { bytes in
            for entry in batch.entries {
                text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[entry.range]))
                text.append(UInt8(ascii: "\n"))
            }
        }
        text.withUnsafeBytes { digest.update($0) }
    }
}
