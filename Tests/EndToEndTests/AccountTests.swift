import Foundation
import Testing

/// Accounts are recorded from simulated venues that check every signature.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)))
struct AccountTests {
    /// A venue, and the number of messages that log in to it, for each connection.
    struct Account: Sendable, CustomTestStringConvertible {
        let venue: String
        /// What the stored login looks like.
        let login: String
        var secret = "PLANTED-secret-0123456789"
        var hasPassphrase = false
        var testDescription: String { secret.hasPrefix("-----") ? "\(venue) with Ed25519" : venue }

        var flags: [String] {
            ["--api-key-env", "KEY", "--api-secret-env", "SECRET"]
                + (hasPassphrase ? ["--api-passphrase-env", "PASSPHRASE"] : [])
        }

        var environment: [String: String] {
            ["KEY": "PLANTED-key-0123456789", "SECRET": secret, "PASSPHRASE": "PLANTED-pass-0123456789"]
        }
    }

    /// The first key of RFC 8032 §7.1.
    private static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """
    static let accounts = [
        Account(venue: "binance-usdm", login: "POST %/fapi/v1/listenKey 200%"),
        Account(venue: "binance-usdm", login: "POST %/fapi/v1/listenKey 200%", secret: privateKey),
        Account(venue: "bybit-linear", login: #"{"op":"auth","args":["***","***","***"]}"#),
        Account(venue: "bybit-spot", login: #"{"op":"auth","args":["***","***","***"]}"#),
        Account(
            venue: "okx",
            login: #"{"op":"login","args":[{"apiKey":"***","passphrase":"***",%"#,
            hasPassphrase: true
        ),
        Account(venue: "deribit", login: #"{"jsonrpc":"2.0","id":2,"method":"public/auth",%"#),
    ]
    private static let tables = ["margin_updates", "positions", "order_updates"]

    private let bench: Workbench
    private let secrets = PlantedSecrets()

    init() throws { bench = try Workbench() }

    private func record(_ account: Account, _ url: String, _ archive: String) -> [String] {
        ["record", "--venue", account.venue, "--url", url, "--channel", "account", "--archive", archive] + account.flags
    }

    @Test("an account is recorded over several connections, each of which logs in", arguments: accounts)
    func recorded(_ account: Account) async throws {
        let tape = bench.path("tape")
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", account.venue, "--rate", "200", "--count", "60"] + account.flags,
            environment: account.environment
        )
        let recorder = try bench.start(record(account, url, tape), environment: account.environment)
        try await recorder.wait(for: "a third connection") {
            guard try await connections(tape) >= 3 else { return false }
            return try await rows(tape, "order_updates") > 20
        }
        let status = try await bench.run(["status", tape])
        secrets.expectNone(in: status.output + status.errors, "status")
        try secrets.expectNone(inFilesOf: tape)
        secrets.expectNone(in: recorder.commandLine, "arguments")
        recorder.terminate()
        let finished = try await recorder.finish()
        // Each new connection ends a gap, and a recording with gaps ends with status 3.
        #expect(finished.status == 3, "\(finished.errors)")
        secrets.expectNone(in: finished.output + finished.errors, "record")
        let verified = try await bench.verify(tape)
        #expect(verified.oddities == 0 && verified.gaps >= 2)
        for table in Self.tables { #expect(try await rows(tape, table) > 5, "\(table)") }
        let logins = "select count(distinct connection_id) from messages where payload like '\(account.login)'"
        #expect(try await bench.query(tape, logins) == bench.query(tape, "select count(*) from connections"))
        try await secrets.expectNone(inOutputsOf: tape, bench)
        let check = try await bench.run(["rebuild", tape, "--check"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    @Test("the replay of a recorded account serves it to a client that logs in", arguments: accounts)
    func replayed(_ account: Account) async throws {
        let (first, second) = (bench.path("first"), bench.path("second"))
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", account.venue, "--rate", "200"] + account.flags,
            environment: account.environment
        )
        try await bench.succeed(record(account, url, first) + ["--count", "60"], environment: account.environment)
        let (_, replay) = try await bench.serve(["replay", first, "--speed", "1"])
        var client = record(account, replay, second) + ["--once"]
        // A signed request has another URL each time, so a replay cannot answer it.
        if account.venue == "binance-usdm", let place = client.firstIndex(of: "--api-secret-env") {
            client.removeSubrange(place..<place + 2)
        }
        try await bench.succeed(client, environment: account.environment)
        for sql in [
            "select ticket, state, volume_lots from order_updates order by ts_recv, message_index, item",
            "select symbol, size, entry_price from positions order by ts_recv, message_index, item",
        ] {
            #expect(try await bench.query(second, sql) == bench.query(first, sql))
            #expect(try await !bench.query(first, sql).isEmpty)
        }
    }

    @Test("market data and an account are recorded together, over connections of their own", arguments: accounts)
    func beside(_ account: Account) async throws {
        let tape = bench.path("tape")
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", account.venue, "--rate", "200"] + account.flags,
            environment: account.environment
        )
        var arguments = record(account, url, tape)
        arguments[arguments.firstIndex(of: "account") ?? 0] = "trades,quotes,account"
        arguments += ["--symbol", ["okx": "BTC-USDT", "deribit": "BTC-PERPETUAL"][account.venue] ?? "BTCUSDT"]
        try await bench.succeed(arguments + ["--duration", "4s"], environment: account.environment)
        for table in Self.tables + ["trades", "quotes"] { #expect(try await rows(tape, table) > 0, "\(table)") }
        #expect(try await bench.query(tape, "select name from feeds where name like '%-account'").count == 1)
        try await secrets.expectNone(inOutputsOf: tape, bench)
    }

    @Test("a key with another secret is refused by name, and the reason is in the status", arguments: accounts)
    func wrongSecret(_ account: Account) async throws {
        var environment = account.environment
        environment["KEY"] = "PLANTED-other-key-0123456789"
        let tape = bench.path("tape")
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", account.venue] + account.flags,
            environment: account.environment
        )
        let finished = try await bench.run(record(account, url, tape), environment: environment)
        #expect(finished.status == 1 && finished.errors.contains("the venue refused the login"), "\(finished.errors)")
        secrets.expectNone(in: finished.output + finished.errors, "record")
        let recorder = try bench.start(record(account, url, tape) + ["--keep-trying"], environment: environment)
        try await recorder.wait(for: "the refusal") { recorder.errors.contains("disconnected") }
        let status = try await bench.run(["status", tape])
        #expect(status.output.contains("login"), "\(status.output)\(status.errors)")
        secrets.expectNone(in: status.output + status.errors, "status")
        recorder.terminate()
        let ended = try await recorder.finish()
        #expect(
            ended.errors.components(separatedBy: "warning: the venue refused 'login'").count == 2,
            "\(ended.errors)"
        )
        secrets.expectNone(in: ended.output + ended.errors, "record")
        try await secrets.expectNone(inOutputsOf: tape, bench)
    }

    @Test("a signature with another secret is refused")
    func wrongSignature() async throws {
        for account in Self.accounts where !account.venue.hasPrefix("binance") {
            var environment = account.environment
            environment["SECRET"] = "PLANTED-other-secret"
            let (_, url) = try await bench.serve(
                ["simulate", "--venue", account.venue] + account.flags,
                environment: account.environment
            )
            let finished = try await bench.run(
                record(account, url, bench.path(account.venue)),
                environment: environment
            )
            #expect(finished.status == 1 && finished.errors.contains("the venue refused the login"))
            secrets.expectNone(in: finished.output + finished.errors, account.venue)
        }
    }

    @Test("missing and needless parts of a key are named before anything is recorded")
    func parts() async throws {
        let start = ["record", "--archive", bench.path("tape"), "--channel", "account", "--venue"]
        let cases: [([String], String)] = [
            (["okx", "--api-key-env", "KEY"], "--api-secret-env or --api-secret-file, --api-passphrase-env or"),
            (["deribit"], "an account of deribit needs an API key and its secret"),
            (["binance-usdm"], "an account of binance-usdm needs an API key: give --api-key-env or --api-key-file"),
            (["bybit-linear", "--api-key-env", "K", "--api-key-file", "k"], "not both"),
            (
                ["bybit-spot", "--api-key-env", "K", "--api-secret-env", "S", "--api-passphrase-env", "P"],
                "an API key of bybit-spot has no passphrase"
            ),
            (["bybit-spot", "--api-key-env", "MISSING_KEY", "--api-secret-env", "S"], "'MISSING_KEY' is not set"),
            (["kraken", "--symbol", "BTC/USD"], "no channel 'account'"),
        ]
        for (flags, reason) in cases {
            let finished = try await bench.run(start + flags)
            #expect(finished.status == 64 || finished.status == 78, "\(flags): \(finished.status)")
            #expect(finished.errors.contains(reason), "\(flags): \(finished.errors)")
        }
        let needless = ["record", "--archive", bench.path("tape"), "--venue", "okx", "--symbol", "BTC-USDT"]
        let finished = try await bench.run(needless + ["--api-key-env", "KEY"])
        #expect(finished.errors.contains("only used to record the channel 'account'"), "\(finished.errors)")
        #expect(!FileManager.default.fileExists(atPath: bench.path("tape")))
    }

    @Test("a key file that others can read gets a warning, and a private one none")
    func files() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "deribit"])
        let key = try bench.write("PLANTED-key-0123456789\n", to: "key")
        let secret = try bench.write("PLANTED-secret-0123456789\n", to: "secret")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let arguments = ["record", "--venue", "deribit", "--channel", "account", "--url", url]
        let files = ["--api-key-file", key, "--api-secret-file", secret, "--archive", bench.path("tape")]
        let finished = try await bench.succeed(arguments + files + ["--count", "5"])
        #expect(finished.errors.contains("the key file '\(key)' can be read by other users"), "\(finished.errors)")
        #expect(!finished.errors.contains("the key file '\(secret)'"))
        secrets.expectNone(in: finished.output + finished.errors, "record")
    }

    // MARK: Queries

    private func connections(_ tape: String) async throws -> Int {
        try await number(tape, "select count(*) from connections")
    }

    private func rows(_ tape: String, _ table: String) async throws -> Int {
        try await number(tape, "select count(*) from \(table)")
    }

    private func number(_ tape: String, _ sql: String) async throws -> Int {
        let finished = try await bench.run(["sql", tape, sql, "--format", "csv"])
        return finished.status == 0 ? finished.lines.last.flatMap { Int($0) } ?? 0 : 0
    }
}
