import Foundation
import Testing

/// Runs programs without the rights of root, which may read and write everything and start any number of threads.
struct OrdinaryUser {
    private static let number = "65534"
    private static let user = ["--reuid", number, "--regid", number, "--clear-groups"]

    static let reason: Comment = "an ordinary user cannot run what was built here"

    /// Whether such a user can reach the program and the directory of the tests.
    static let isAllowed: Bool = {
        guard geteuid() == 0 else { return Executable.find("bash") != nil }
        guard let setpriv = Executable.find("setpriv") else { return false }
        let process = Process()
        process.executableURL = setpriv
        let directory = FileManager.default.temporaryDirectory.path
        let script = "test -x \"$1\" && \"$0\" --version"
        process.arguments = user + ["bash", "-c", script, Executable.feedrec.path, directory]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private let bench: Workbench

    /// Gives the user the files that are in the bench so far.
    init(_ bench: Workbench) throws {
        self.bench = bench
        guard geteuid() == 0, let owner = UInt32(Self.number) else { return }
        let files = FileManager.default
        let names = try files.subpathsOfDirectory(atPath: bench.directory)
        for path in [bench.directory] + names.map(bench.path) where lchown(path, owner, owner) != 0 {
            throw CocoaError(.fileWriteNoPermission)
        }
    }

    /// Starts `feedrec`, with limits set by `shell`.
    func start(_ arguments: [String], under shell: String = ":") throws -> RunningProgram {
        let command = ["bash", "-c", "\(shell); exec \"$0\" \"$@\"", Executable.feedrec.path] + arguments
        guard geteuid() == 0 else {
            return try bench.start(#require(Executable.find("bash")), Array(command.dropFirst()))
        }
        return try bench.start(#require(Executable.find("setpriv")), Self.user + command)
    }

    /// Runs `feedrec` to its end.
    func run(_ arguments: [String], under shell: String = ":") async throws -> Finished {
        try await start(arguments, under: shell).finish()
    }
}
