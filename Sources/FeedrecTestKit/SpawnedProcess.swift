import Dispatch
package import Foundation
import Synchronization

/// A process with its standard input, output and error.
///
/// It replaces `Process` of Foundation, whose `run()` may read past a buffer and crash the tests on Linux, up to
/// Swift 6.3 (swift-corelibs-foundation, pull request 5472).
package final class SpawnedProcess: Sendable {
    /// What the process reads.
    package enum Input {
        case nothing
        case descriptor(Int32)
    }

    /// Where the process writes.
    package enum Output {
        /// The path of a file, which is replaced.
        case file(String)
        case descriptor(Int32)
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let identifier: pid_t
    /// The exit status, or the number of the signal that ended the process; `nil` while it runs.
    private let status = Mutex<Int32?>(nil)
    /// Left when the process has ended.
    private let life = DispatchGroup()

    /// Starts the program at the path `executable`.
    package init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        input: Input,
        output: Output,
        errors: Output
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        switch input {
        case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
        }
        for (number, output) in [(Int32(1), output), (2, errors)] {
            switch output {
            case .file(let path):
                posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            }
        }
        // Descriptors of other tests and of libraries stay here. Closing one that is not open is no error.
        for descriptor in 3..<min(1024, Int32(clamping: sysconf(Int32(_SC_OPEN_MAX)))) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A test may be started by a program that ignores or blocks signals.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, executable, &actions, &attributes, &words, &variables)
        guard code == 0 else {
            throw Failure(description: "cannot start '\(executable)': \(String(cString: strerror(code)))")
        }
        identifier = process
        life.enter()
        Thread { [self] in reap() }.start()
    }

    private func reap() {
        var information = siginfo_t()
        // The process keeps its number until the lock is held, so that no signal reaches another process.
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        status.withLock { status in
            var code: Int32 = 0
            while waitpid(identifier, &code, 0) < 0, errno == EINTR {}
            let signal = code & 0x7f
            status = signal == 0 ? code >> 8 & 0xff : signal
        }
        life.leave()
    }

    package var isRunning: Bool { status.withLock { $0 == nil } }

    /// The exit status, or the number of the signal that ended the process; -1 while it runs.
    package var terminationStatus: Int32 { status.withLock { $0 ?? -1 } }

    /// Sends a signal, if the process is still running.
    package func send(_ signal: Int32) {
        status.withLock { status in
            if status == nil { _ = Foundation.kill(identifier, signal) }
        }
    }

    /// Blocks until the process has ended.
    package func wait() { life.wait() }

    /// Blocks until the process has ended, but no longer than this; returns true if it has.
    package func wait(milliseconds: Int) -> Bool {
        life.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }
}
