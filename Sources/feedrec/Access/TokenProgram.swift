import Dispatch
import JSONScanning
import Recording

/// A program that prints an access token: its command line and its timeout.
struct TokenProgram: Hashable, Sendable {
    /// The longest output to read, in bytes.
    static let outputBytesMax = 64 << 10
    static let timeoutStandard = Duration.seconds(30)

    /// The program and its arguments; no shell interprets them.
    let words: [String]
    /// The reason why the command cannot be run; `nil` if it can.
    let problem: String?
    var timeout = Self.timeoutStandard
    /// The lifetime of the token, if the token is not a JWT that contains it.
    var maxAge: Duration?

    init(words: [String]) {
        self.words = words
        problem = words.first?.isEmpty ?? true ? "the token-command is empty" : nil
    }

    /// Splits a command into words at spaces.
    ///
    /// It understands '…', "…" and \ as a shell does, but no other shell syntax.
    init(_ text: String) {
        var splitter = CommandWords(text)
        words = splitter.words()
        problem =
            splitter.problem.map { "the token-command \($0)" } ?? (words.isEmpty ? "the token-command is empty" : nil)
    }

    /// Runs the program and returns the first line of its output.
    ///
    /// Errors name the program, never its arguments or its output. If the program takes too long or the task is
    /// cancelled, the program is killed with every process it started.
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
        // With a hyphen: errors leave out what follows the bare word, because it may be a token.
        let name = "the token-command '\(words[0])'"
        switch output.ending {
        case .timedOut: throw Failure("\(name) took longer than \(ReadableUnits.text(of: timeout))")
        case .tooMuch: throw Failure("\(name) printed more than \(Self.outputBytesMax) bytes")
        case .signal(let number): throw Failure("\(name) was ended by signal \(number)")
        case .status(let status) where status != 0:
            throw Failure("\(name) ended with status \(status)", hint: "run it by hand to see what it reports")
        case .status: break
        }
        let line = String(decoding: output.bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        let token = line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        guard AccessToken.isPossible(token) else { throw Failure("\(name) printed no token on its first line") }
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
