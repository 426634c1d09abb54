import Foundation
import Testing

/// A capture of a real feed and its golden numbers, in the folder that `FEEDREC_SHARED` names.
struct GoldenCapture: CustomTestStringConvertible, Sendable {
    /// The name in the golden tables.
    let name: String
    let path: String
    /// The folder with the captures of one venue; its name is an alias of the venue.
    let folder: String
    let records: Int
    let payloadBytes: Int
    let payloadSHA256: String

    var testDescription: String { name }

    /// The folder with `data/`; the captures are too large for the repository.
    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }
    static let reason: Comment = "FEEDREC_SHARED does not name the data folder"

    /// All captures of messages.
    static let all = table("files.csv").compactMap { row -> GoldenCapture? in
        let parts = row[1].split(separator: "/").map(String.init)
        guard parts.count == 3, parts[0] == "captures", let shared, let records = Int(row[4]), let bytes = Int(row[5])
        else { return nil }
        return GoldenCapture(
            name: row[0],
            path: shared + row[1],
            folder: parts[1],
            records: records,
            payloadBytes: bytes,
            payloadSHA256: row[6]
        )
    }

    /// The rows of a golden table without its header; none if there is no such folder.
    static func table(_ name: String) -> [[String]] {
        guard let shared else { return [] }
        return lines(of: shared + "golden/" + name).lines.dropFirst().map {
            String(decoding: $0, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The rows of this capture in a golden table.
    func rows(_ table: String) -> [[String]] { Self.table(table).filter { $0[0] == name } }

    /// The number of messages of a direction in `messages.csv`.
    func messageCount(_ direction: String) -> Int {
        rows("messages.csv").filter { $0[1] == direction }.compactMap { Int($0[3]) }.reduce(0, +)
    }
}
