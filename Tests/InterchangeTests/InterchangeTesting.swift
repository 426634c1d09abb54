import Foundation
import Interchange
import MarketModel

/// The committed excerpts.
enum Excerpt {
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Excerpts/\(name)").path
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }
}

/// Calls `body` with the path of a temporary file that contains `bytes`.
func withFile<Result>(_ bytes: some Sequence<UInt8>, _ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("feedrec-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
}

/// All readable lines, and the error that ended the reading, if there was one.
func lines(of path: String, lineBytesMax: Int = LineReader.lineBytesMax) -> (lines: [[UInt8]], error: ImportError?) {
    var lines: [[UInt8]] = []
    do throws(ImportError) {
        let reader = try LineReader(path: path, lineBytesMax: lineBytesMax)
        while let line = try reader.nextLine() { lines.append(Array(line)) }
        return (lines, nil)
    } catch {
        return (lines, error)
    }
}

/// Everything in a message file.
struct MessageFileContents {
    var messages = MessageBatch()
    /// Each with the number of messages before it.
    var connections: [(messagesBefore: Int, opened: ConnectionOpened)] = []
    var error: ImportError?
    var reader: MessageFileReader?

    init(
        path: String,
        format: MessageLineFormat? = nil,
        onMalformedLine policy: MessageFileReader.MalformedLinePolicy = .fail,
        maxMessages: Int = 1000,
        receiveTimes: ReceiveTimes = .asWritten
    ) {
        do throws(ImportError) {
            var reader = try MessageFileReader(
                path: path,
                format: format,
                onMalformedLine: policy,
                receiveTimes: receiveTimes
            )
            defer { self.reader = reader }
            var events: [ConnectionOpened] = []
            while try reader.next(maxMessages: maxMessages, into: &messages, connectionEvents: &events) {
                for event in events { connections.append((messages.count, event)) }
                events.removeAll()
            }
        } catch {
            self.error = error
        }
    }

    var texts: [String] { messages.entries.indices.map { String(decoding: messages.payload(at: $0), as: UTF8.self) } }
}

/// The SHA-256 of the received payloads, each followed by LF, in hexadecimal.
func receivedPayloadDigest(_ batch: MessageBatch) throws -> String {
    var bytes: [UInt8] = []
    for entry in batch.entries where entry.direction == .received {
        bytes.append(contentsOf: batch.bytes[entry.range])
        bytes.append(0x0A)
    }
    return try withFile(bytes) { path in
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sha256sum", path]
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(String(decoding: text, as: UTF8.self).prefix(64))
    }
}
