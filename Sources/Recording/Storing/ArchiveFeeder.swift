import Archive
import JournalFormat
import MarketModel

/// Compresses and stores the work that captures hand over: one transaction at a time, in order.
struct ArchiveFeeder: Sendable {
    let queue: BoundedQueue<CaptureWork>
    var journal: Journal?
    /// Pauses the feeder when nothing can be stored; without it the first failure ends the recording.
    var pause: StoragePause?
    /// Gets the committed data if the recording has a follower.
    var commits: CommitStream?
    /// The monotonic clock; measures how long transactions take.
    var steady: (@Sendable () -> UnixNanoseconds)?
    var report: (@Sendable (RecorderReport) -> Void)?

    /// Runs until the queue ends; if storing fails, it abandons the queue so that the producers notice.
    func run() async throws {
        let compressor = ZstdCompressor(level: 1)
        do {
            while let work = await queue.next() {
                var batch = work.rows
                for block in work.blocks {
                    let encoded = try block.builder.encode(with: compressor)
                    batch.blocks.append(BlockRow(connectionID: block.connectionID, encoded))
                }
                try await store(batch, in: work.writer)
                release(batch.watermarks)
            }
        } catch {
            queue.abandon()
            throw error
        }
    }

    /// Stores one batch.
    ///
    /// While the disk is full or read-only, this waits and the producers continue. While another program holds the
    /// recording locked, the producers wait too, as they do for a slow disk.
    private func store(_ batch: WriteBatch, in writer: ArchiveWriter) async throws {
        while true {
            do throws(ArchiveError) {
                let start = steady?()
                try await writer.write(batch)
                commits?.publish(batch, of: writer)
                if let start, let end = steady?() {
                    report?(.committed(took: end.since(start), waiting: queue.count))
                }
                pause?.end()
                return
            } catch {
                if pause != nil, error.pauseCause != nil { queue.relax() }
                guard await pause?.wait(because: error, for: writer) == true else { throw error }
            }
        }
    }

    private func release(_ watermarks: [JournalWatermark]) {
        guard let journal else { return }
        for watermark in watermarks {
            if watermark.isLast {
                journal.forget(watermark.journalKey, through: watermark.position)
            } else {
                journal.stored(watermark.journalKey, through: watermark.position)
            }
        }
    }
}
