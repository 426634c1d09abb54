import Foundation
import Testing

/// Data that is too large for the repository: captures of real feeds, their golden numbers, and public clients.
enum Shared {
    /// The directory, from the environment; `nil` if there is none.
    static let folder: String? = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].flatMap {
        FileManager.default.fileExists(atPath: $0 + "/data/golden/files.csv") ? $0 : nil
    }

    static let reason: Comment = "FEEDREC_SHARED does not name the folder of captures"

    static func path(_ name: String) -> String { "\(folder ?? "")/\(name)" }

    /// The rows of a CSV file in `data/golden`, without its header.
    static func golden(_ name: String) throws -> [String] {
        let text = try String(contentsOfFile: path("data/golden/\(name)"), encoding: .utf8)
        return text.split(separator: "\n").dropFirst().map(String.init)
    }
}

/// Python with the public SignalR clients, made by `conformance/setup.sh py3`.
enum PublicClients {
    static let python: URL? = {
        let home = ProcessInfo.processInfo.environment["FEEDREC_CONF_HOME"] ?? "/tmp/feedrec-conformance"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: home + "/py3/bin/python")
        process.arguments = ["-c", "import pysignalr, signalrcore"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? process.executableURL : nil
    }()

    static var areAvailable: Bool { python != nil && Shared.folder != nil }

    static let reason: Comment = "needs FEEDREC_SHARED, and a Python made by its conformance/setup.sh py3"
}
