import FeedrecTestKit
import Foundation
import Testing

@testable import feedrec

@Suite(.timeLimit(.minutes(5)))
struct TokenProgramTests {
    private func shell(_ script: String) -> TokenProgram { TokenProgram(words: ["/bin/sh", "-c", script]) }

    private func failure(of program: TokenProgram) async -> String {
        do {
            _ = try await program.run()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test("kind 14 the first line that a program prints is the token")
    func token() async throws {
        #expect(try await TokenProgram("printf 'tok.en\\nmore\\n'").run() == "tok.en")
        #expect(try await TokenProgram(words: ["echo", "  spaced  "]).run() == "spaced")
        #expect(try await shell("echo late; exec >&-; sleep 0.1").run() == "late")
        #expect(try await shell("cat; echo \"in:$(id -u >/dev/null && echo ok)\"").run() == "in:ok")
    }

    @Test("kind 14 too much output is reported, even if the program ends before it is read")
    func tooLong() async {
        for _ in 0..<200 {
            let text = await failure(of: TokenProgram("head -c 70000 /dev/zero"))
            #expect(text.contains("printed more than 65536 bytes"), "\(text)")
        }
    }

    @Test(
        "kind 14 errors do not contain the program's arguments and output",
        arguments: [
            ("echo SECRET-out; echo SECRET-err >&2; exit 3 # SECRET-arg", "ended with status 3"),
            ("kill -9 $$ # SECRET-arg", "was ended by signal 9"), ("true # SECRET-arg", "printed no token"),
            ("echo SECRET out", "printed no token"),
            ("head -c 70000 /dev/zero | tr '\\0' S", "printed more than 65536 bytes"),
        ]
    )
    func failures(script: String, reason: String) async {
        let text = await failure(of: shell(script))
        #expect(text.contains(reason) && !text.contains("SECRET"), "\(text)")
        #expect(await failure(of: TokenProgram("/no/such/program SECRET-arg")).hasSuffix("No such file or directory"))
    }

    @Test("kind 14 a program that takes too long is killed with every process it started")
    func timeout() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/pid"
        var program = shell("sleep 1000 & echo $! > \(file); echo token; wait")
        program.timeout = .milliseconds(300)
        #expect(await failure(of: program).contains("took longer than 300ms"))
        let process = try #require(pid_t(try String(contentsOfFile: file, encoding: .utf8).dropLast()))
        #expect(await isGone(process))
    }

    @Test("kind 14 the recorder waits for the program, not for processes that it left running")
    func grandchild() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/pid"
        #expect(try await shell("sleep 1000 & echo $! > \(file); echo token").run() == "token")
        let process = try #require(pid_t(try String(contentsOfFile: file, encoding: .utf8).dropLast()))
        #expect(await isGone(process))
    }

    @Test("kind 14 cancelling ends the program at once")
    func cancelled() async throws {
        let task = Task { try await TokenProgram("sleep 1000").run() }
        task.cancel()
        let start = ContinuousClock.now
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("kind 14 a command is split into words without a shell, and shell syntax is refused")
    func words() {
        #expect(TokenProgram(#"a  'b c' "d e" f\ g ''h"#).words == ["a", "b c", "d e", "f g", "h"])
        #expect(TokenProgram("").problem == "the token-command is empty")
        #expect(TokenProgram("a 'b").problem == "the token-command has a quote that does not end")
        for text in ["a | b", "a; b", "a > b", "a $(b)", "a \"$B\"", "a *", "a & b"] {
            #expect(TokenProgram(text).problem?.contains("needs a shell") == true, "\(text)")
        }
        #expect(TokenProgram("a '$B | c'").problem == nil)
    }

    /// True if the process has ended.
    ///
    /// It may still be a zombie until its parent reaps it.
    private func isGone(_ process: pid_t) async -> Bool {
        for _ in 0..<1000 {
            let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            guard let state = status?.split(separator: ")").last?.first(where: { $0 != " " }), state != "Z" else {
                return true
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}
