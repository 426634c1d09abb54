import Testing

/// Calls that some targets must not make; the compiler does not know.
struct BannedCallsTests {
    struct Ban: CustomTestStringConvertible, Sendable {
        let name: String
        /// A regular expression over a line of code.
        let pattern: String
        let reason: String
        var testDescription: String { name }
    }

    private static let injected = "time is injected: take a Clock, or a closure that says the time"
    private static let terminal = "only the executable prints and exits"
    private static let traps = "an error or a precondition instead"

    static let belowTheExecutable = [
        Ban(name: "Date()", pattern: #"\bDate\(\)"#, reason: injected),
        Ban(name: "ContinuousClock()", pattern: #"\bContinuousClock\(\)"#, reason: injected),
        Ban(name: "SuspendingClock()", pattern: #"\bSuspendingClock\(\)"#, reason: injected),
        Ban(
            name: "ContinuousClock.now",
            pattern: #"\b(Continuous|Suspending)Clock\.(now|Instant\.now)"#,
            reason: injected
        ),
        Ban(name: "Task.sleep", pattern: #"\bTask\.sleep\b"#, reason: injected),
        Ban(name: "clock_gettime", pattern: #"\b(clock_gettime|gettimeofday|usleep|nanosleep)\b"#, reason: injected),
        Ban(name: "print(", pattern: #"(^|[^\w.])(debugPrint|print|dump)\("#, reason: terminal),
        Ban(name: "exit(", pattern: #"(^|[^\w.])(exit|_exit)\("#, reason: terminal),
    ]

    static let everywhere = [
        Ban(name: "fatalError", pattern: #"\bfatalError\b"#, reason: traps),
        Ban(name: "try!", pattern: #"\btry!"#, reason: traps),
        Ban(name: "as!", pattern: #"\bas!"#, reason: traps),
    ]

    /// What only tests use may print what it likes, but not more than that.
    private static let exempt: Set<String> = ["feedrec", "FeedrecTestKit"]

    @Test("no target below the executable reads a clock, sleeps, prints or exits", arguments: belowTheExecutable)
    func below(ban: Ban) throws {
        try check(ban) { !Self.exempt.contains($0) }
    }

    @Test("no code of ours traps on purpose", arguments: everywhere)
    func anywhere(ban: Ban) throws {
        try check(ban) { _ in true }
    }

    /// Names every place where the pattern occurs in a target that `concerns` wants checked.
    private func check(_ ban: Ban, _ concerns: (String) -> Bool) throws {
        let pattern = try Regex(ban.pattern)
        for path in SourceTree.files(in: "Sources", suffix: ".swift") where concerns(SourceTree.target(of: path)) {
            for line in try SourceTree.codeLines(of: path) where line.text.contains(pattern) {
                // Declaring a function of that name is not calling it.
                guard !line.text.contains("func ") else { continue }
                Issue.record("\(path):\(line.number) has '\(ban.name)': \(ban.reason)")
            }
        }
    }
}
