import Foundation
import Testing

extension Workbench {
    /// Expects one gap of this cause in an archive.
    ///
    /// It must cover one range of the simulator's messages, from the last message before it to the first one after it.
    func expectExactGap(_ cause: String, in archive: String, ledger: String) async throws {
        _ = try await verify(archive)
        let gaps = try await query(archive, "select cause, ts_from, ts_to from gaps")
        try #require(gaps.count == 1, "\(gaps)")
        let fields = gaps[0].split(separator: ",")
        #expect(fields[0] == cause)
        let recorded = try await export(archive).filter { MT4.isData($0.payload) }
        let sent = try self.sent(ledger)
        let before = zip(recorded.map(\.payload), sent).prefix { $0 == $1 }.count
        try #require(before > 0 && before < recorded.count, "nothing was recorded on one side of the gap")
        let (last, next) = (recorded[before - 1], recorded[before])
        #expect(fields[1] == "\(last.tsRecv ?? 0)" && fields[2] == "\(next.tsRecv ?? 0)")
        let behind = recorded[before...].map { $0.payload ?? "" }
        // At a high rate messages repeat.
        let places = sent.indices[before...].filter { sent[$0] == behind[0] }
        let isStretch = places.contains { behind == Array(sent[$0..<min(sent.count, $0 + behind.count)]) }
        #expect(isStretch, "\(behind.count) messages behind the gap are not one stretch of what was sent")
    }

    /// Returns the messages that the simulator sent on its only connection, from its ledger.
    func sent(_ ledger: String) throws -> [String] {
        try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)).payload
        }.filter { MT4.isData($0) }
    }
}
