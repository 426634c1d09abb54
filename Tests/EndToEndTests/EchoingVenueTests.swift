import FeedrecTestKit
import Foundation
import Testing
import Transport

/// Venues that repeat the secrets of their clients.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)))
struct EchoingVenueTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "nothing that a venue repeats of a key or a signature gets anywhere, even after kill -9",
        arguments: AccountTests.accounts,
        EchoingVenue.Refusal.allCases
    )
    func repeated(_ account: AccountTests.Account, _ refusal: EchoingVenue.Refusal) async throws {
        let venue = EchoingVenue(refusal)
        var secrets = PlantedSecrets()
        // The venue repeats the whole request; its signature is looked for below.
        secrets.texts.removeAll { $0 == "signature=" }
        let tape = bench.path("tape")
        try await withServer(venue) { [secrets] server in
            let arguments =
                ["record", "--venue", account.venue, "--url", server.url, "--channel", "account", "--archive", tape]
                + ["--keep-trying"] + account.flags
            let logging = ["--log-format", "text", "--log-level", "debug"]
            let first = try bench.start(arguments + logging, environment: account.environment)
            try await first.wait(for: "a refusal") {
                first.errors.contains("disconnected") || first.errors.contains("refused")
            }
            let status = try await bench.run(["status", tape])
            secrets.expectNone(in: status.output + status.errors, "status")
            first.kill()
            let killed = try await first.finish()
            secrets.expectNone(in: killed.output + killed.errors, "the killed recorder")
            try secrets.expectNone(inFilesOf: tape)
            let before = venue.attempts
            let second = try bench.start(arguments, environment: account.environment)
            try await second.wait(for: "another refusal") { venue.attempts > before }
            second.terminate()
            let ended = try await second.finish()
            secrets.expectNone(in: ended.output + ended.errors, "the second recorder")
            let long = String(repeating: "filler ", count: 100)
            #expect(!ended.errors.contains(long) && !killed.errors.contains(long))
        }
        try await secrets.expectNone(inOutputsOf: tape, bench)
        var signatures = secrets
        signatures.texts = venue.signatures
        // Only a login is surely signed: it depends on the venue what comes before a connection.
        #expect(refusal != .login || !signatures.texts.isEmpty)
        try await signatures.expectNone(inOutputsOf: tape, bench)
    }
}
