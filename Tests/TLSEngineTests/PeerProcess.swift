import Foundation

/// `openssl s_server` or `s_client`, as an independent TLS peer; ends with this object.
final class PeerProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var text = ""

    init(_ arguments: [String], in directory: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    /// Kills the process, so that it cannot close the connection in order.
    func kill() {
        // Process number 0, of a process that failed to start, would mean our own process group.
        guard process.isRunning, process.processIdentifier > 0 else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
    }

    deinit {
        // Not `terminate()`, because the process inherits the signal mask of a thread that blocks SIGTERM.
        guard process.isRunning else { return }
        kill()
        process.waitUntilExit()
    }

    /// Starts `s_server` on a free port of 127.0.0.1, and returns that port.
    static func server(_ arguments: [String], in directory: String) throws -> (PeerProcess, port: UInt16) {
        let process = try PeerProcess(["s_server", "-accept", "127.0.0.1:0"] + arguments, in: directory)
        let line = try process.output(containing: "ACCEPT ", andThen: "\n")
        let digits = line.split(separator: "ACCEPT ").last?.prefix { $0 != "\n" }.split(separator: ":").last
        guard let port = digits.flatMap({ UInt16($0) }) else { throw UnexpectedOutput(text: line) }
        return (process, port)
    }

    static func client(_ arguments: [String], port: UInt16, in directory: String) throws -> PeerProcess {
        try PeerProcess(["s_client", "-connect", "127.0.0.1:\(port)"] + arguments, in: directory)
    }

    /// Types `line`; in the interactive modes a single letter is a command, such as `k` for a key update.
    func type(_ line: String) { input.fileHandleForWriting.write(Data((line + "\n").utf8)) }

    /// Waits until the process has printed `first` and then `second`; returns all its output so far.
    @discardableResult
    func output(containing first: String, andThen second: String = "") throws -> String {
        while true {
            if let start = text.range(of: first), second.isEmpty || text[start.upperBound...].contains(second) {
                return text
            }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw UnexpectedOutput(text: text) }
            text += String(decoding: data, as: UTF8.self)
        }
    }
}

struct UnexpectedOutput: Error {
    let text: String
}
