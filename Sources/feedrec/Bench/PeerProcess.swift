import Foundation
import Glibc

/// A second process of this program, so that its CPU time is not counted as ours.
final class PeerProcess {
    /// The URL that it listens on.
    let url: String
    private let process = Process()

    /// Starts `feedrec` with `arguments` and waits for its line `listening on URL`.
    init(_ arguments: [String]) throws {
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            guard let byte = pipe.fileHandleForReading.readData(ofLength: 1).first else {
                throw Failure("the other side of the measurement did not start")
            }
            line.unicodeScalars.append(Unicode.Scalar(byte))
        }
        url = String(line.dropLast().split(separator: " ").last ?? "")
    }

    func stop() {
        // SIGTERM is blocked in a child that a pool thread starts.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
