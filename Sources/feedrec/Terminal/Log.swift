import JSONScanning
import MarketModel
import Synchronization
import TextEncoding

enum LogFormat: String, CaseIterable, Hashable, Sendable {
    case text
    case json
}

/// The log level: events of this level and above are logged.
enum LogLevel: String, CaseIterable, Hashable, Sendable, Comparable {
    case debug
    case info
    case warning
    case error

    static func < (left: LogLevel, right: LogLevel) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// A value that belongs to an event in the log.
enum LogValue: Sendable {
    case text(String)
    case integer(Int64)
    /// Written in seconds.
    case duration(Duration)
    case boolean(Bool)

    fileprivate var json: String {
        switch self {
        case .text(let text): JSONText.quoted(text)
        case .integer(let integer): String(integer)
        case .duration(let duration): Self.seconds(duration)
        case .boolean(let boolean): boolean ? "true" : "false"
        }
    }

    /// The value, quoted only if it is empty or has characters that need quotes.
    fileprivate var plain: String {
        guard case .text(let text) = self else { return json }
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D }
        return isPlain ? text : JSONText.quoted(text)
    }

    private static func seconds(_ duration: Duration) -> String {
        "\((duration / .milliseconds(1)).rounded() / 1000)"
    }
}

/// The structured log: one line per event, to standard error.
///
/// Events are rare: a few per connection, none per message. Known secrets are removed from every value. Libraries that
/// use swift-log write here through ``LibraryLogHandler``.
final class Log: Sendable {
    private struct Settings {
        var format: LogFormat
        var level: LogLevel
        var secrets = KnownSecrets(countMax: Log.secretsMax)
    }

    /// Beyond this number, the oldest secrets are forgotten.
    ///
    /// Feeds add those in use again with each connection.
    static let secretsMax = 1024

    private let settings: Mutex<Settings>
    private let now: @Sendable () -> UnixNanoseconds
    private let write: @Sendable (String) -> Void

    init(
        format: LogFormat,
        level: LogLevel,
        now: @escaping @Sendable () -> UnixNanoseconds,
        write: @escaping @Sendable (String) -> Void
    ) {
        settings = Mutex(Settings(format: format, level: level))
        self.now = now
        self.write = write
    }

    /// Events of this level and above are logged.
    var level: LogLevel { settings.withLock(\.level) }

    /// Removes `secret` from every later line.
    ///
    /// Texts of fewer than ``KnownSecrets/bytesMin`` bytes are ignored.
    func redact(_ secret: String) {
        settings.withLock { _ = $0.secrets.add(secret) }
    }

    /// Changes the format and the level.
    func adopt(format: LogFormat, level: LogLevel) {
        settings.withLock { settings in
            settings.format = format
            settings.level = level
        }
    }

    func debug(_ event: String, _ facts: KeyValuePairs<String, LogValue?> = [:]) { write(.debug, event, facts) }
    func info(_ event: String, _ facts: KeyValuePairs<String, LogValue?> = [:]) { write(.info, event, facts) }
    func warning(_ event: String, _ facts: KeyValuePairs<String, LogValue?> = [:]) { write(.warning, event, facts) }
    func error(_ event: String, _ facts: KeyValuePairs<String, LogValue?> = [:]) { write(.error, event, facts) }

    /// Writes a line if events of this level are logged.
    func write(
        _ level: LogLevel,
        _ event: String,
        _ facts: some Sequence<(key: String, value: LogValue?)>
    ) {
        guard self.level <= level else { return }
        write(line(level, event, facts))
    }

    /// Returns an event as the line that the log would write, whatever its level.
    func text(_ level: LogLevel, _ event: String, _ facts: KeyValuePairs<String, LogValue?>) -> String {
        line(level, event, facts)
    }

    private func line(
        _ level: LogLevel,
        _ event: String,
        _ facts: some Sequence<(key: String, value: LogValue?)>
    ) -> String {
        let (format, secrets) = settings.withLock { ($0.format, $0.secrets) }
        let facts = facts.compactMap { name, value in value.map { (name, Self.redacted($0, secrets)) } }
        let time = now().iso8601
        switch format {
        case .text:
            let text = facts.map { " \($0)=\($1.plain)" }.joined()
            return VisibleText.escaped("\(time) \(level.rawValue) \(event)\(text)")
        case .json:
            var object = JSONObjectWriter()
            object.text("time", time)
            object.text("level", level.rawValue)
            object.text("event", event)
            for (name, value) in facts { object.raw(name, value.json) }
            // People also read JSON on terminals. Escapes do not change the JSON text.
            return VisibleText.escaped(object.text())
        }
    }

    /// Redacts before quoting, so that an escape cannot hide a secret.
    private static func redacted(_ value: LogValue, _ secrets: KnownSecrets) -> LogValue {
        guard case .text(let text) = value else { return value }
        return .text(secrets.removed(from: text))
    }
}
