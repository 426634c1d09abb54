import Archive
import JournalFormat
import MarketModel
import Testing

/// The length of the write-ahead log.
@Suite(.timeLimit(.minutes(5)))
struct WriteAheadLogTests {
    /// Writes `count` blocks of one mebibyte, each in its own commit.
    private static func write(_ count: Int64, _ recording: OpenRecording, from first: Int64) async throws -> Int64 {
        var longest: Int64 = 0
        for index in first..<first + count {
            let payload = String(repeating: "x", count: 1 << 20)
            var batch = WriteBatch()
            batch.blocks = [
                try block(connectionID: 1, [SampleMessage(index: index, offset: index, payload: payload)])
            ]
            try await recording.writer.write(batch)
            longest = max(longest, recording.writer.logBytes)
        }
        return longest
    }

    @Test("the log stays short, grows while a reader holds a transaction, and is short again after that")
    func held() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let bound: Int64 = 18 << 20
        #expect(try await Self.write(40, recording, from: 0) < bound)
        let reader = try SQLSession(recordings: [recording.writer.path])
        _ = try await rows(of: "BEGIN; SELECT count(*) FROM message_block", in: reader)
        #expect(try await Self.write(40, recording, from: 40) > 40 << 20)
        #expect(try ArchiveReader(path: recording.writer.path).logBytes > 40 << 20)
        #expect(try await rows(of: "SELECT count(*) FROM message_block", in: reader) == [[.integer(40)]])
        _ = try await rows(of: "COMMIT", in: reader)
        _ = try await Self.write(18, recording, from: 80)
        #expect(try await Self.write(40, recording, from: 98) < bound)
        reader.close()
        await recording.writer.close()
        #expect(try ArchiveReader(path: recording.writer.path).logBytes == 0)
    }
}
