import Logging
import Synchronization

/// Sends what libraries log through swift-log to our structured log, which redacts.
enum LibraryLog {
    /// Warnings go to standard error until a verb has a log of its own.
    private static let current = Mutex(
        Log(format: .text, level: .warning, now: Clocks.wall, write: StandardError.write)
    )

    /// Directs the loggers of all libraries here; called once, before anything else logs.
    static func install() {
        LoggingSystem.bootstrap { LibraryLogHandler(label: $0) { current.withLock { $0 } } }
    }

    /// Makes libraries log to `log` from now on.
    static func adopt(_ log: Log) {
        current.withLock { $0 = log }
    }
}

/// Writes what a library logs as events named `library`: the label of its logger, its text, then its metadata by name.
struct LibraryLogHandler: LogHandler {
    private let label: String
    private let destination: @Sendable () -> Log
    /// The level that the library has set.
    private var ownLevel: Logger.Level?

    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, destination: @escaping @Sendable () -> Log) {
        self.label = label
        self.destination = destination
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? Logger.Level(destination().level) }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    #if compiler(>=6.2)
    func log(event: LogEvent) {
        write(event.level, event.message, event.metadata, error: event.error)
    }
    #else
    // Compilers older than Swift 6.2 get an older swift-log.
    func log(
        level: Logger.Level,
        message: Logger.Message,
        metadata: Logger.Metadata?,
        source: String,
        file: String,
        function: String,
        line: UInt
    ) {
        write(level, message, metadata, error: nil)
    }
    #endif

    private func write(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ metadata: Logger.Metadata?,
        error: (any Error)?
    ) {
        var all = self.metadata
        all.merge(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(metadata ?? [:]) { $1 }
        if let error { all["error"] = "\(error)" }
        var facts: [(key: String, value: LogValue?)] = [("label", .text(label)), ("text", .text("\(message)"))]
        facts += all.sorted { $0.key < $1.key }.map { (Self.name($0.key), .text("\($0.value)")) }
        destination().write(LogLevel(level), "library", facts)
    }

    /// The name of a fact: characters that would need quotes in a line become `_`.
    private static func name(_ key: String) -> String {
        String(key.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) ? $0 : "_" })
    }
}

extension LogLevel {
    fileprivate init(_ level: Logger.Level) {
        switch level {
        case .trace, .debug: self = .debug
        case .info, .notice: self = .info
        case .warning: self = .warning
        case .error, .critical: self = .error
        }
    }
}

extension Logger.Level {
    fileprivate init(_ level: LogLevel) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
