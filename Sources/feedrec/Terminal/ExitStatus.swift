import Archive
import ArgumentParser
import Interchange
import MarketModel
import Recording
import Replaying
import Transport
import WebSocketProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Decides every exit status; see README, "Exit status".
enum ExitStatus {
    static let failed: Int32 = 1
    static let dataMissing: Int32 = 3
    /// A mistake in the command line or the configuration.
    ///
    /// ArgumentParser uses the same status.
    static let usage: Int32 = 64
    static let interrupted: Int32 = 130

    /// Prints `error` as one line, with a hint if there is one, and ends the program.
    static func exit(for error: any Error) -> Never {
        switch error {
        case is BrokenPipe:
            Terminal.exit(0)
        case let ending as EndedEarly:
            if let line = ending.line { StandardError.write("feedrec: \(line)") }
            Terminal.exit(ending.status)
        case let request as BadRequest:
            StandardError.write("feedrec: error: \(request)")
            Terminal.exit(usage)
        case let failure as Failure:
            report(failure.description, hint: failure.hint)
        case let mistakes as ConfigurationError:
            for line in mistakes.lines { StandardError.write("feedrec: error: \(line)") }
            Terminal.exit(usage)
        case let failure as ArchiveError:
            report(failure.description, hint: failure.hint)
        case let failure as TransportError:
            report(failure.description, hint: failure.handshakeError.flatMap(serverSays))
        case let failure as ImportError:
            report(failure.description, hint: hint(for: failure))
        case is RecordingError:
            report(String(describing: error), hint: nil)
        case is CancellationError:
            Terminal.exit(interrupted)
        default:
            // Usage errors, --help and --version: ArgumentParser knows their texts and statuses.
            if Feedrec.exitCode(for: error) == .failure { report(String(describing: error), hint: nil) }
            if Feedrec.exitCode(for: error) == .validationFailure,
                let misspelt = MisspeltFlag(in: Array(CommandLine.arguments.dropFirst()))
            {
                StandardError.drain()
                Feedrec.exit(withError: ValidationError("\(misspelt)"))
            }
            StandardError.drain()
            Feedrec.exit(withError: error)
        }
    }

    /// Ends a program that cannot start threads.
    ///
    /// It writes directly, because standard error has a thread of its own.
    static func exitWithoutThreads(_ failure: Failure) -> Never {
        let hint = failure.hint.map { "feedrec: hint: \($0)\n" } ?? ""
        let bytes = Array("feedrec: error: \(failure)\n\(hint)".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
        _exit(failed)
    }

    private static func hint(for failure: ImportError) -> String? {
        switch failure.code {
        case .notUnderstood: "check --venue; with --force the messages are stored without being understood"
        case .unclearVenue: "name the venue with --venue"
        case .noReceiveTimes: "use a file with receive times, such as one in the format ns"
        case .mixedReceiveTimes: "import them one by one"
        case .malformedLine: "--skip-malformed skips malformed lines"
        case .wrongTimeUnit(let unit): "if the times are in \(unit.name), give '--time-unit \(unit.rawValue)'"
        default: nil
        }
    }

    /// The first line of a refusal's body, if it is readable text.
    private static func serverSays(_ error: HandshakeError) -> String? {
        guard let line = error.bodyExcerpt?.split(whereSeparator: \.isNewline).first, !line.hasPrefix("<"),
            !line.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        return "the server says: \(line.prefix(200))"
    }

    private static func report(_ text: String, hint: String?) -> Never {
        StandardError.write("feedrec: error: \(text)")
        if let hint { StandardError.write("feedrec: hint: \(hint)") }
        Terminal.exit(failed)
    }
}

/// A failure of a verb, with the text that the user reads.
struct Failure: Error, CustomStringConvertible {
    let description: String
    var hint: String?

    init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}

/// An early end with its own status, such as 3 for missing data.
struct EndedEarly: Error {
    let status: Int32
    var line: String?
}
