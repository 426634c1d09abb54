import Foundation

/// The excerpt of a real capture in this repository: 80 messages of Binance, one of them a REST snapshot.
enum Excerpt {
    static let file: String = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("InterchangeTests/Excerpts/binance-spot.ns.txt").path

    /// A line of the file.
    struct Message {
        var tsRecv: Int64
        var payload: String

        /// The name of the stream; `nil` for the snapshot.
        var stream: String? {
            guard payload.hasPrefix(Self.start) else { return nil }
            return payload.dropFirst(Self.start.count).split(separator: "\"").first.map(String.init)
        }

        /// The data inside the envelope, or the whole payload if there is no envelope.
        var data: String {
            guard let stream else { return payload }
            return String(payload.dropFirst(Self.start.count + stream.count + "\",\"data\":".count).dropLast())
        }

        private static let start = #"{"stream":""#
    }

    static func messages() throws -> [Message] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let space = line.firstIndex(of: " "), let time = Int64(line[..<space]) else { return nil }
            return Message(tsRecv: time, payload: String(line[line.index(after: space)...]))
        }
    }
}

extension Workbench {
    /// Makes an archive with the excerpt.
    func importExcerpt(into name: String = "tape") async throws -> String {
        let archive = path(name)
        try await succeed(["import", "messages", Excerpt.file, "--venue", "binance-spot", "--archive", archive])
        return archive
    }
}
