import Foundation

/// A temporary directory that is removed when the test ends.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let template = FileManager.default.temporaryDirectory.appendingPathComponent("feedrec-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: template, withIntermediateDirectories: true)
        path = template.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Copies a recording and its write-ahead log into a directory, and returns the path of the copy.
func copyOfRecording(_ path: String, in directory: TemporaryDirectory, as name: String = "copy.feedrec") throws
    -> String
{
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: directory.file(name + suffix))
    }
    return directory.file(name)
}

/// Changes the bytes of a file in place: it stays the same file.
func damage(_ path: String, _ change: (inout Data) -> Void) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    change(&bytes)
    try bytes.write(to: URL(fileURLWithPath: path))
}

/// Runs a program and returns its standard output; nil if it is not installed or fails.
func output(of program: String, _ arguments: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
}

/// True if SQLite's command line shell is installed.
let hasSQLiteShell = (try? output(of: "sqlite3", ["-version"])) != nil
