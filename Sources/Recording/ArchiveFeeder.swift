import Archive
import JournalFormat

/// Compresses and stores what captures hand over, one transaction after the other, in order.
struct ArchiveFeeder: Sendable {
    let queue: BoundedQueue<CaptureWork>
    let writer: ArchiveWriter

    /// Runs until the queue ends; when storing fails, ends the queue, so that its producers notice.
    func run() async throws {
        let compressor = ZstdCompressor(level: 1)
        do {
            while let work = await queue.next() {
                var batch = work.rows
                for block in work.blocks {
                    let encoded = try block.builder.encode(with: compressor)
                    batch.blocks.append(BlockRow(connectionID: block.connectionID, encoded))
                }
                try await writer.write(batch)
            }
        } catch {
            queue.abandon()
            throw error
        }
    }
}
