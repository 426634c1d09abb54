import Foundation

/// Runs the programs that the tests need, and checks whether they are installed.
enum Shell {
    struct Output {
        var status: Int32
        var output: String
        var error: String
    }

    static let sqlite = path(of: "sqlite3")
    static let compiler = path(of: "cc")

    /// Runs `program` to its end; input and output go through files, so that no pipe can fill up.
    static func run(_ program: String, _ arguments: [String], input: String = "", in directory: URL) throws -> Output {
        let files = ["in", "out", "err"].map { directory.appendingPathComponent("\(UUID()).\($0)") }
        for file in files { try Data(file == files[0] ? input.utf8 : "".utf8).write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        let texts = try files[1...].map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Output(status: process.terminationStatus, output: texts[0], error: texts[1])
    }

    private static func path(of program: String) -> String? {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
