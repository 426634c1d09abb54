import Archive
import FeedrecTestKit
import Foundation
import Testing

/// Disk space reserved for the ledger.
struct LedgerReserveTests {
    private static func bytes(_ directory: TemporaryDirectory) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: directory.file(".reserve"))
        return attributes?[.size] as? Int
    }

    @Test("a loan frees part of the reserve, which is taken back after it; the recorder removes the reserve at its end")
    func lending() async throws {
        let directory = try TemporaryDirectory()
        let reserve = LedgerReserve(directory: directory.path, byteCount: 1 << 20)
        #expect(Self.bytes(directory) == nil)
        reserve.refill()
        #expect(Self.bytes(directory) == 1 << 20)
        let during = await reserve.lend { Self.bytes(directory) }
        #expect(during == 3 << 18)
        #expect(Self.bytes(directory) == 1 << 20)
        reserve.remove()
        #expect(Self.bytes(directory) == nil)
    }

    @Test("without disk space the reserve is empty, and it is filled when there is room")
    func noRoom() async throws {
        let directory = try TemporaryDirectory()
        let full = FailingFileSystem([.allocate], number: 1, code: .diskFull, isLasting: true)
        let reserve = LedgerReserve(directory: directory.path, byteCount: 1 << 20, fileSystem: full)
        reserve.refill()
        #expect(Self.bytes(directory) == 0)
        #expect(await reserve.lend { 7 } == 7)
        full.heal()
        reserve.refill()
        #expect(Self.bytes(directory) == 1 << 20)
    }
}
