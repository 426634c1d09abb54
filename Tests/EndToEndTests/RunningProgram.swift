import FeedrecTestKit
import Foundation
import Testing

/// A program did not do in time what a test waits for.
struct TooLate: Error, CustomStringConvertible {
    let description: String
}

/// The results of a finished program.
struct Finished {
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The lines of standard error that report errors.
    var errorLines: [String] {
        errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("feedrec: error:") }
    }
}

/// A process whose standard output and error go to files, so that it never waits for its reader.
final class RunningProgram: Sendable {
    /// How long a test waits for anything, in seconds; far longer than a busy machine needs.
    static let patience: Double = 60

    let name: String
    private let process: SpawnedProcess
    private let outputPath: String
    private let errorPath: String
    private let input: FileHandle?

    /// Starts a program whose output goes to files named `number` in the directory `scratch`.
    ///
    /// With `keepsInput` the test writes to its standard input, see ``write(line:)``.
    init(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String],
        scratch: String,
        number: Int,
        keepsInput: Bool
    ) throws {
        name = ([executable.lastPathComponent] + arguments.prefix(2)).joined(separator: " ")
        outputPath = "\(scratch)/\(number).out"
        errorPath = "\(scratch)/\(number).err"
        let pipe = keepsInput ? Pipe() : nil
        input = pipe?.fileHandleForWriting
        process = try SpawnedProcess(
            executable.path,
            arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            input: pipe.map { .descriptor($0.fileHandleForReading.fileDescriptor) } ?? .nothing,
            output: .file(outputPath),
            errors: .file(errorPath)
        )
        try pipe?.fileHandleForReading.close()
    }

    var processIdentifier: Int32 { process.identifier }

    /// The arguments of the process, which the system shows to every user.
    var commandLine: String { Self.text(of: "/proc/\(processIdentifier)/cmdline") }

    var output: String { Self.text(of: outputPath) }
    var errors: String { Self.text(of: errorPath) }

    func write(line: String) throws {
        try input?.write(contentsOf: Data("\(line)\n".utf8))
    }

    /// Ends the standard input of a program that was started with `keepsInput`.
    func endInput() { try? input?.close() }

    /// Asks the program to end, as service managers do.
    func terminate() { process.send(SIGTERM) }

    /// Asks the program to end, as Ctrl-C does.
    func interrupt() { process.send(SIGINT) }

    /// Asks the program to read its files again, as service managers do.
    func hangUp() { process.send(SIGHUP) }

    /// Kills the program.
    func kill() {
        process.send(SIGKILL)
        process.wait()
    }

    /// Waits for the end of the program.
    func finish() async throws -> Finished {
        try await wait(for: "the end of '\(name)'", whileRunning: false) { !process.isRunning }
        return Finished(status: process.terminationStatus, output: output, errors: errors)
    }

    /// Waits for the line that reports the address of a server; returns its URL.
    func url() async throws -> String {
        let announcement = "listening on "
        try await wait(for: "'\(announcement)…' of '\(name)'") { output.contains("\n") }
        let line = try #require(output.split(separator: "\n").first)
        try #require(line.hasPrefix(announcement), "\(line)")
        return String(line.dropFirst(announcement.count))
    }

    /// Waits until `condition` holds.
    func wait(
        for what: String,
        whileRunning: Bool = true,
        until condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        var start = ContinuousClock.now
        while try await !condition() {
            if whileRunning, !process.isRunning {
                if try await condition() { return }
                throw TooLate(description: "'\(name)' ended before \(what): \(errors)")
            }
            guard ContinuousClock.now < deadline else {
                throw TooLate(description: "waited \(Self.patience) s for \(what): \(errors)")
            }
            // A condition that runs a program must not take more than half of a core.
            try await Task.sleep(for: max(.milliseconds(20), ContinuousClock.now - start))
            start = .now
        }
    }

    private static func text(of path: String) -> String {
        String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data(), as: UTF8.self)
    }
}
