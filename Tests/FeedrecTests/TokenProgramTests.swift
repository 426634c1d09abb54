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
        let pipe = try HeldPipe(directory.path + "/pipe")
        var program = shell("exec 9>\(pipe.path); sleep 1000 & echo token; wait")
        program.timeout = .milliseconds(300)
        #expect(await failure(of: program).contains("took longer than 300ms"))
        #expect(pipe.isReleased)
    }

    @Test("kind 14 the recorder waits for the program, not for processes that it left running")
    func grandchild() async throws {
        let directory = try TemporaryDirectory()
        let pipe = try HeldPipe(directory.path + "/pipe")
        #expect(try await shell("exec 9>\(pipe.path); sleep 1000 & echo token").run() == "token")
        #expect(pipe.isReleased)
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
}

/// A pipe with a name, to notice the end of all processes that have opened it for writing.
private final class HeldPipe {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        try #require(mkfifo(path, 0o600) == 0)
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    /// True as soon as every process that opened the pipe has ended; false if that takes longer than 10 s.
    var isReleased: Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, 10_000) == 1 && watched.revents & Int16(POLLHUP) != 0
    }
}
