import FeedrecTestKit
import Foundation
import RecorderStatus
import Testing

@testable import feedrec

struct ProcessFiguresTests {
    @Test("the figures of this process are read from the system")
    func read() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/a.feedrec"
        #expect(FileManager.default.createFile(atPath: file + "-wal", contents: Data(count: 5)))
        let figures = ProcessFigures.read(archive: directory.path, file: file)
        #expect(figures.processID == ProcessInfo.processInfo.processIdentifier && figures.version == Program.version)
        #expect(figures.residentBytes ?? 0 > 0 && figures.diskFreeBytes ?? 0 > 0 && figures.cpuSeconds > 0)
        #expect(figures.walBytes == 5)
        #expect(ProcessFigures.read(archive: directory.path, file: nil).walBytes == nil)
    }
}
