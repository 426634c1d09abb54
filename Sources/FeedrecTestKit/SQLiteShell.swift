import Foundation

/// A stock `sqlite3` that reads one database and is controlled statement by statement.
///
/// `@unchecked Sendable`: a test uses it from one task at a time.
package final class SQLiteShell: @unchecked Sendable {
    private let process: SpawnedProcess
    private let input = Pipe()
    private let output = Pipe()
    private var questions = 0

    /// How long to wait for an answer, or for the end; far longer than a busy machine needs.
    private static let patienceMilliseconds: Int32 = 60_000

    /// Opens `file` for reading.
    package init(_ file: String) throws {
        process = try SpawnedProcess(
            "/usr/bin/env",
            // Interactively, it writes each answer at once.
            ["sqlite3", "-interactive", "-readonly", "-cmd", ".timeout 30000", file],
            input: .descriptor(input.fileHandleForReading.fileDescriptor),
            output: .descriptor(output.fileHandleForWriting.fileDescriptor),
            errors: .descriptor(output.fileHandleForWriting.fileDescriptor)
        )
        try input.fileHandleForReading.close()
        try output.fileHandleForWriting.close()
    }

    deinit { end() }

    /// Runs statements, and returns the last line of their output that is a number.
    ///
    /// Throws if there is none, if the shell has ended, and if it has not answered after a minute.
    package func ask(_ sql: String) throws -> Int {
        questions += 1
        let mark = "end of answer \(questions)"
        try input.fileHandleForWriting.write(contentsOf: Data((sql + "\n.print '\(mark)'\n").utf8))
        var text = ""
        while !text.contains(mark) { text += try read(after: text) }
        let numbers = text.split(separator: "\n").compactMap { line in
            Int(line.replacing("sqlite> ", with: "").trimmingCharacters(in: .whitespaces))
        }
        guard let answer = numbers.last else { throw Failure(description: "no number in the answer: \(text)") }
        return answer
    }

    private func read(after text: String) throws -> String {
        var descriptor = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, Self.patienceMilliseconds) > 0 else {
            throw Failure(description: "sqlite3 does not answer: \(text)")
        }
        let data = output.fileHandleForReading.availableData
        guard !data.isEmpty else { throw Failure(description: "sqlite3 has ended: \(text)") }
        return String(decoding: data, as: UTF8.self)
    }

    /// Ends the shell and its transaction.
    package func end() {
        try? input.fileHandleForWriting.close()
        if !process.wait(milliseconds: Int(Self.patienceMilliseconds)) {
            process.send(SIGKILL)
            process.wait()
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }
}
