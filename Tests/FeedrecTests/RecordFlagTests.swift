import ArgumentParser
import Testing

@testable import feedrec

/// Flags of `record` that would have no effect, or that mean nothing, are refused with status 64.
struct RecordFlagTests {
    /// The reason for which `arguments` are refused; empty if they are accepted.
    private static func refusal(_ arguments: String) -> String {
        do {
            _ = try RecordCommand.parse(arguments.split(separator: " ").map { $0 == "''" ? "" : String($0) })
            return ""
        } catch {
            #expect(RecordCommand.exitCode(for: error) == .validationFailure)
            return RecordCommand.message(for: error)
        }
    }

    @Test(
        "kind 12 the flags of a feed are refused beside a configuration file, which they would not change",
        arguments: [
            "--symbol USDJPY", "--stream btcusdt@trade", "--trade-platform P", "--hub mt5", "--margin", "--all-ticks",
            "--negotiate", "--broker-time-zone +02:00", "--keep-personal-data", "--redundancy 2", "--renew-after 1h",
        ]
    )
    func feedFlags(flags: String) {
        let name = flags.prefix { $0 != " " }
        #expect(Self.refusal("--config f.toml \(flags)").contains("into the file, instead of \(name)"))
    }

    @Test(
        "kind 12 so are the flags of a connection",
        arguments: [
            "--compress", "--ca-file a.pem", "--connect-timeout 1s", "--idle-timeout 4s", "--message-limit 1MiB",
            "--no-proxy", "--header-limit 8KiB",
        ]
    )
    func connectionFlags(flags: String) {
        #expect(Self.refusal("--config f.toml \(flags)").contains("settings of a connection"))
    }

    @Test("a flag that repeats its default is refused where it has no effect, too")
    func defaults() {
        #expect(Self.refusal("--config f.toml --hub mt4").contains("into the file, instead of --hub"))
        let feed = "--venue binance-spot --url ws://h/ws --stream btcusdt@trade"
        #expect(Self.refusal(feed) == "")
        #expect(Self.refusal("\(feed) --hub mt4").contains("--hub is for mt4"))
        #expect(Self.refusal("--venue mt4 --url ws://h/hubs/mt4/v1 --trade-platform P --symbol A --hub mt4") == "")
    }

    @Test(
        "a configuration and the flags of a feed exclude each other, also if the flags are incomplete",
        arguments: [
            "--venue mt4", "--url ws://h/", "--venue mt4 --url http://h", "--venue mt4 --url ws://h/ --hub mt5",
        ]
    )
    func eitherOr(flags: String) {
        #expect(Self.refusal("--config f.toml \(flags)").contains("either --config or the flags of a feed"))
    }

    @Test("a feed from flags needs a venue and an address")
    func incomplete() {
        #expect(Self.refusal("--venue mt4").contains("--url is missing"))
        #expect(Self.refusal("--url ws://h/").contains("--venue is missing"))
        #expect(Self.refusal("--venue mt4 --url http://h/").contains("--url: "))
        #expect(Self.refusal("--archive t").contains("nothing to record"))
    }

    @Test("the flags of a recorder are accepted beside a configuration file")
    func recorderFlags() {
        #expect(Self.refusal("--config f.toml --check --json --log-level debug --archive t --duration 1s") == "")
    }

    @Test("kind 12 a name must not be empty", arguments: ["--trade-platform ''", "--symbol ''", "--stream ''"])
    func emptyNames(flags: String) {
        let refusal = Self.refusal("--venue mt4 --url ws://h/hubs/mt4/v1 \(flags)")
        #expect(refusal.contains("must not be empty") && refusal.contains(String(flags.prefix { $0 != " " })))
    }

    @Test("kind 12 two connections are refused by the flag's name", arguments: ["--redundancy 2", "--renew-after 1h"])
    func overlap(flags: String) {
        let feed = "--venue mt4 --url ws://h/hubs/mt4/v1 --trade-platform P --symbol EURUSD"
        #expect(Self.refusal("\(feed) \(flags)").contains("\(flags.prefix { $0 != " " }) is for the venue"))
    }
}
