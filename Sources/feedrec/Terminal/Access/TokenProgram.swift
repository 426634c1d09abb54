import Dispatch
import JSONScanning
import Recording

/// A program that prints an access token: its words, and how long it may take.
struct TokenProgram: Hashable, Sendable {
    /// The longest output that is read, in bytes.
    static let outputBytesMax = 64 << 10
    static let timeoutStandard = Duration.seconds(30)

    /// The program and its arguments; no shell reads them.
    let words: [String]
    /// Why the command cannot be run as it is written.
    let problem: String?
    var timeout = Self.timeoutStandard
    /// How long the token lives, if it is no JWT that says so.
    var maxAge: Duration?

    init(words: [String]) {
        self.words = words
        problem = words.first?.isEmpty ?? true ? "the token-command is empty" : nil
    }

    /// Splits a command into words: at spaces, with '…', "…" and \ as in a shell, and nothing else of a shell.
    init(_ text: String) {
        var splitter = CommandWords(text)
        words = splitter.words()
        problem =
            splitter.problem.map { "the token-command \($0)" } ?? (words.isEmpty ? "the token-command is empty" : nil)
    }

    /// Runs the program and gives the first line of its output.
    ///
    /// Errors name the program, never its arguments or its output. A program that takes too long, or whose task is
    /// cancelled, is killed with everything that it started.
    func run() async throws -> String {
        if let problem { throw Failure(problem) }
        let child = try ChildProcess(words)
        let output = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<ChildProcess.Output, any Error>) in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result { try child.output(within: timeout, bytesMax: Self.outputBytesMax) }
                    )
                }
            }
        } onCancel: {
            child.kill()
        }
        try Task.checkCancellation()
        return try token(in: output)
    }

    private func token(in output: ChildProcess.Output) throws -> String {
        // With a hyphen: what follows the bare word is left out of errors, since it may be one.
        let name = "the token-command '\(words[0])'"
        switch output.ending {
        case .timedOut: throw Failure("\(name) took longer than \(ReadableUnits.text(of: timeout))")
        case .tooMuch: throw Failure("\(name) printed more than \(Self.outputBytesMax) bytes")
        case .signal(let number): throw Failure("\(name) was ended by signal \(number)")
        case .status(let status) where status != 0:
            throw Failure("\(name) ended with status \(status)", hint: "run it by hand: what it says is not shown here")
        case .status: break
        }
        let line = String(decoding: output.bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        let token = line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        guard AccessToken.isPossible(token) else { throw Failure("\(name) printed no token in its first line") }
        return token
    }
}

/// Splits a command line into words without a shell.
private struct CommandWords {
    private var rest: Substring
    private(set) var problem: String?

    init(_ text: String) { rest = text[...] }

    mutating func words() -> [String] {
        var words: [String] = []
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard !rest.isEmpty, problem == nil else { return words }
            words.append(word())
        }
    }

    private mutating func word() -> String {
        var word = ""
        while let next = rest.popFirst(), problem == nil {
            switch next {
            case " ", "\t": return word
            case "'": word += quoted(by: "'")
            case "\"": word += quoted(by: "\"")
            case "\\": word += rest.popFirst().map(String.init) ?? ""
            case "|", "&", ";", "<", ">", "$", "`", "*", "?", "(", ")", "\n":
                problem = "needs a shell for '\(next)': write [\"sh\", \"-c\", \"…\"]"
            default: word.append(next)
            }
        }
        return word
    }

    private mutating func quoted(by quote: Character) -> String {
        var text = ""
        while let next = rest.popFirst() {
            if next == quote { return text }
            if quote == "\"", next == "$" || next == "`" {
                problem = "needs a shell for '\(next)': write [\"sh\", \"-c\", \"…\"]"
            }
            if quote == "\"", next == "\\", let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(next)
            }
        }
        problem = "has a quote that does not end"
        return text
    }
}
