package import MarketModel
import Synchronization

/// Appends records to a segment in memory; the owner of the memory maps it to a file.
///
/// A record is valid once its length is stored, which happens last; a process that dies before leaves a zero there.
/// After a power failure any part may be missing; the checksum detects that.
package struct JournalSegmentWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private let epoch: UInt32
    /// Bytes used, including the header: the position of the next record.
    package private(set) var position = JournalSegmentHeader.byteCount

    /// Begins a segment in `memory`, which must start at a multiple of 8 and stay valid.
    ///
    /// The end is marked before the header is written, so that a reused file never shows its old records.
    package init(_ memory: UnsafeMutableRawBufferPointer, number: UInt64) {
        precondition(memory.count >= JournalSegmentHeader.byteCount + JournalLayout.headerBytes)
        self.memory = memory
        let header = JournalSegmentHeader(number: number, segmentBytes: UInt64(memory.count))
        epoch = header.epoch
        memory.store(UInt32(0), at: position)
        header.write(to: memory)
    }

    /// Continues `other` in other memory of the same size, with everything it has written.
    package init(continuing other: JournalSegmentWriter, in memory: UnsafeMutableRawBufferPointer) {
        precondition(memory.count == other.memory.count)
        memory.copyMemory(from: UnsafeRawBufferPointer(other.memory))
        self.memory = memory
        epoch = other.epoch
        position = other.position
    }

    /// Smallest segment in bytes that can hold a record with this payload.
    package static func segmentBytes(forPayload count: Int) -> Int {
        JournalSegmentHeader.byteCount + JournalLayout.aligned(JournalLayout.headerBytes + count) + 8
    }

    /// Appends messages of `batch` from `start` on, all of one connection, until one does not fit; returns where it
    /// stopped.
    ///
    /// `received` and `sent` are the sequences of the last message in each direction; they are updated.
    package mutating func append(
        _ batch: MessageBatch,
        from start: Int,
        connectionKey: UInt64,
        received: inout UInt64,
        sent: inout UInt64
    ) -> Int {
        batch.bytes.withUnsafeBytes { bytes in
            var index = start
            while index < batch.entries.count {
                let entry = batch.entries[index]
                let isSent = entry.direction == .sent
                let flags =
                    (isSent ? JournalLayout.sentFlag : 0) | (entry.kind == .binary ? JournalLayout.binaryFlag : 0)
                    | (entry.isRedacted ? JournalLayout.redactedFlag : 0)
                let isStored = append(
                    .message,
                    flags: flags,
                    connectionKey: connectionKey,
                    sequence: (isSent ? sent : received) + 1,
                    tsRecv: entry.tsRecv,
                    payload: UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                )
                guard isStored else { break }
                if isSent { sent += 1 } else { received += 1 }
                index += 1
            }
            return index
        }
    }

    /// Appends a record about a connection; false if it does not fit.
    package mutating func append(
        _ kind: JournalRecordKind,
        connectionKey: UInt64,
        tsRecv: UnixNanoseconds,
        payload: [UInt8]
    ) -> Bool {
        payload.withUnsafeBytes {
            append(kind, flags: 0, connectionKey: connectionKey, sequence: 0, tsRecv: tsRecv, payload: $0)
        }
    }

    @inline(__always)
    private mutating func append(
        _ kind: JournalRecordKind,
        flags: UInt8,
        connectionKey: UInt64,
        sequence: UInt64,
        tsRecv: UnixNanoseconds,
        payload: UnsafeRawBufferPointer
    ) -> Bool {
        let length = JournalLayout.headerBytes + payload.count
        let next = position + JournalLayout.aligned(length)
        // Room for the record and the zero after it.
        guard next + 8 <= memory.count, length <= Int(UInt32.max) else { return false }
        let record = UnsafeMutableRawBufferPointer(rebasing: memory[position..<position + length])
        memory.store(UInt32(0), at: next)
        record.store(epoch, at: 8)
        record.store(UInt32(kind.rawValue) | UInt32(flags) << 8, at: 12)
        record.store(connectionKey, at: 16)
        record.store(sequence, at: 24)
        record.store(tsRecv.rawValue, at: 32)
        if let source = payload.baseAddress, payload.count > 0 {
            (record.baseAddress.map { $0 + JournalLayout.headerBytes })?
                .copyMemory(from: source, byteCount: payload.count)
        }
        record.store(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: record[8...])), at: 4)
        publish(UInt32(length))
        position = next
        return true
    }

    /// Stores the length of the record at ``position``, after the rest of the record.
    @inline(__always)
    private func publish(_ length: UInt32) {
        guard let base = memory.baseAddress else { return }
        // An `Atomic<UInt32>` has the layout of a `UInt32`, and records begin at multiples of 8.
        (base + position).assumingMemoryBound(to: Atomic<UInt32>.self).pointee
            .store(length.littleEndian, ordering: .releasing)
    }
}
