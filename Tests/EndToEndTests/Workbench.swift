import Foundation
import Synchronization
import Testing

/// A temporary directory and the programs of a test.
///
/// Both are removed at the end of the test.
final class Workbench: Sendable {
    let directory: String
    private let programs = Mutex<[RunningProgram]>([])
    private let isKept = Mutex(false)

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/feedrec-e2e-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory + "/scratch", withIntermediateDirectories: true)
    }

    deinit {
        for program in programs.withLock(\.self) { program.kill() }
        if !isKept.withLock(\.self) { try? FileManager.default.removeItem(atPath: directory) }
    }

    /// Keeps the directory, so that a person can look at it.
    func keep() { isKept.withLock { $0 = true } }

    /// A path inside the directory.
    func path(_ name: String) -> String { "\(directory)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    // MARK: Programs

    /// Starts `feedrec` and leaves it running.
    func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        keepsInput: Bool = false
    ) throws -> RunningProgram {
        try start(Executable.feedrec, arguments, environment: environment, keepsInput: keepsInput)
    }

    /// Starts any program and leaves it running.
    func start(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String] = [:],
        keepsInput: Bool = false
    ) throws -> RunningProgram {
        try programs.withLock { programs in
            let program = try RunningProgram(
                executable,
                arguments,
                environment: environment,
                scratch: directory + "/scratch",
                number: programs.count,
                keepsInput: keepsInput
            )
            programs.append(program)
            return program
        }
    }

    /// Runs `feedrec` to its end.
    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Finished {
        try await start(arguments, environment: environment).finish()
    }

    /// Runs a system program to its end, which must be successful; returns its standard output.
    func tool(_ name: String, _ arguments: [String]) async throws -> String {
        let executable = try #require(Executable.find(name), "'\(name)' is not installed")
        let finished = try await start(executable, arguments).finish()
        try #require(finished.status == 0, "\(name) \(arguments): \(finished.errors)")
        return finished.output
    }
}

// MARK: Verbs

extension Workbench {
    /// Runs `feedrec` to its end, which must be successful.
    @discardableResult
    func succeed(_ arguments: [String], environment: [String: String] = [:]) async throws -> Finished {
        let finished = try await run(arguments, environment: environment)
        try #require(finished.status == 0, "\(arguments): \(finished.errors)")
        return finished
    }

    /// Starts a server on a free port; returns the program and its URL.
    func serve(
        _ arguments: [String],
        environment: [String: String] = [:]
    ) async throws -> (program: RunningProgram, url: String) {
        let program = try start(arguments + ["--listen", "127.0.0.1:0"], environment: environment)
        return (program, try await program.url())
    }

    /// Returns the rows of a query, with fields separated as in CSV and without the header.
    func query(_ archive: String, _ sql: String) async throws -> [String] {
        Array(try await succeed(["sql", archive, sql, "--format", "csv"]).lines.dropFirst())
    }

    /// Returns the exported messages as JSON lines.
    func export(_ archive: String, direction: String = "received") async throws -> [ExportedLine] {
        let finished = try await succeed(["export", "messages", archive, "--direction", direction])
        return try finished.lines.map { try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)) }
    }

    /// Returns the result of `verify` for a recording that must be sound.
    func verify(_ archive: String) async throws -> Verified {
        let finished = try await run(["verify", archive, "--json"])
        try #require(finished.status == 0, "\(archive): \(finished.errors)\(finished.output)")
        let verified = try JSONDecoder().decode(Verified.self, from: Data(finished.output.utf8))
        try #require(verified.isSound)
        return verified
    }
}

/// A line of `export messages`: a message or a gap.
struct ExportedLine: Decodable {
    struct Gap: Decodable {
        var tsFrom: Int64
        var tsTo: Int64?
        var cause: String

        enum CodingKeys: String, CodingKey {
            case tsFrom = "ts_from"
            case tsTo = "ts_to"
            case cause
        }
    }

    var tsRecv: Int64?
    var connection: Int?
    var payload: String?
    var gap: Gap?

    enum CodingKeys: String, CodingKey {
        case tsRecv = "ts_recv"
        case connection, payload, gap
    }
}

/// The members of `verify --json` that tests use.
struct Verified: Decodable {
    struct Recording: Decodable {
        var quotes: Int
        var trades: Int
        var gaps: Int
        var oddities: Int
        var orderUpdates: Int
        var venueBars: Int

        enum CodingKeys: String, CodingKey {
            case quotes, trades, gaps, oddities
            case orderUpdates = "order_updates"
            case venueBars = "venue_bars"
        }
    }

    var isSound: Bool
    var payloadSHA256: String
    var messagesReceived: Int
    var recordings: [Recording]

    var quotes: Int { recordings.reduce(0) { $0 + $1.quotes } }
    var trades: Int { recordings.reduce(0) { $0 + $1.trades } }
    var gaps: Int { recordings.reduce(0) { $0 + $1.gaps } }
    var oddities: Int { recordings.reduce(0) { $0 + $1.oddities } }

    enum CodingKeys: String, CodingKey {
        case isSound = "is_sound"
        case payloadSHA256 = "payload_sha256"
        case messagesReceived = "messages_received"
        case recordings
    }
}
