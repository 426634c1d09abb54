import Foundation
import Testing

/// Searches what a recording leaves behind for the secrets that a test has planted.
struct PlantedSecrets {
    /// None of these may be anywhere: parts of keys, of listen keys and of signed requests.
    var texts = ["PLANTED", "SimulatedListenKey", "MC4CAQAwBQYDK2Vw", "signature="]

    func expectNone(in text: String, _ place: String) { expectNone(in: Data(text.utf8), place) }

    private func expectNone(in bytes: Data, _ place: String) {
        for secret in texts { #expect(!bytes.contains(secret), "\(secret) in \(place)") }
    }

    /// Checks every byte of every file, including the write-ahead log and the journal.
    func expectNone(inFilesOf directory: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            expectNone(in: FileManager.default.contents(atPath: "\(directory)/\(name)") ?? Data(), name)
        }
    }

    /// Blocks are compressed, so this checks their content and the output of the verbs.
    func expectNone(inOutputsOf tape: String, _ bench: Workbench) async throws {
        try expectNone(inFilesOf: tape)
        for arguments in [
            ["export", "messages", tape, "--direction", "received"],
            ["export", "messages", tape, "--direction", "sent"],
            ["info", tape, "--json"], ["sql", tape, "select * from messages"], ["sql", tape, "select * from events"],
            ["sql", tape, "select * from sessions, feeds, connections"], ["sql", tape, "select * from gaps"],
        ] {
            let finished = try await bench.succeed(arguments)
            expectNone(in: finished.output + finished.errors, arguments.joined(separator: " "))
        }
    }
}
