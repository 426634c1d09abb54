import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A program in a process group of its own.
///
/// Only its standard output is read.
///
/// It gets our environment and nothing else: no standard input, no descriptors. Its standard error is discarded,
/// because it may contain secrets.
final class ChildProcess: Sendable {
    enum Ending: Hashable, Sendable {
        case status(Int32)
        case signal(Int32)
        case timedOut
        case tooMuch
    }

    struct Output: Sendable {
        var bytes: [UInt8] = []
        var ending: Ending
    }

    private let pipe: Int32
    /// `nil` after the process is reaped, because the system may then reuse its number.
    private let process: Mutex<pid_t?>

    /// Starts a program, which is searched in `PATH`.
    init(_ words: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard makePipe(&ends) == 0 else { throw Self.failure(words, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        let (process, code) = Self.spawn(words, output: ends[1])
        guard code == 0 else {
            close(ends[0])
            throw Self.failure(words, code)
        }
        pipe = ends[0]
        self.process = Mutex(process)
    }

    deinit { close(pipe) }

    /// Kills the program and every process it started.
    func kill() {
        process.withLock { process in
            if let process { _ = sendSignal(-process, SIGKILL) }
        }
    }

    /// Collects the output until the program ends; call it once, it blocks.
    func output(within timeout: Duration, bytesMax: Int) throws -> Output {
        let deadline = ContinuousClock.now + timeout
        var bytes: [UInt8] = []
        var early: Ending?
        while !hasEnded {
            let rest = ContinuousClock.now.duration(to: deadline)
            if rest <= .zero { early = .timedOut }
            if bytes.count > bytesMax { early = .tooMuch }
            if early != nil { break }
            // Also check at intervals, because a grandchild may keep the pipe open.
            read(into: &bytes, waiting: min(rest, .milliseconds(20)))
        }
        kill()
        let status = reap()
        // A program that ended at once may have left more in the pipe than one read returns.
        while bytes.count <= bytesMax, read(into: &bytes, waiting: .zero) {}
        if early == nil, bytes.count > bytesMax { early = .tooMuch }
        return Output(bytes: bytes, ending: early ?? Self.ending(of: status))
    }

    // MARK: Process

    /// Reads the available bytes; returns true if there were any.
    @discardableResult
    private func read(into bytes: inout [UInt8], waiting time: Duration) -> Bool {
        var descriptor = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: Int64(time / .milliseconds(1)))
        guard poll(&descriptor, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = systemRead(pipe, &buffer, buffer.count)
        if count > 0 {
            bytes += buffer[..<count]
            return true
        }
        // The pipe has ended, but the process has not.
        if time > .zero { _ = poll(nil, 0, milliseconds) }
        return false
    }

    /// True after the process has ended.
    ///
    /// Asking does not reap it.
    private var hasEnded: Bool {
        process.withLock { process in
            guard let process else { return true }
            var information = siginfo_t()
            let code = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
            return code != 0 || information.si_signo == SIGCHLD
        }
    }

    private func reap() -> Int32 {
        process.withLock { process in
            guard let number = process else { return 0 }
            process = nil
            var status: Int32 = 0
            while waitpid(number, &status, 0) < 0, errno == EINTR {}
            return status
        }
    }

    private static func ending(of status: Int32) -> Ending {
        let signal = status & 0x7f
        return signal == 0 ? .status(status >> 8 & 0xff) : .signal(signal)
    }

    private static func spawn(_ words: [String], output: Int32) -> (pid_t, Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Some of our descriptors lack close-on-exec, such as those of libraries.
        for descriptor in openDescriptors() where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &environment)
        return (process, code)
    }

    private static func openDescriptors() -> [Int32] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return (names ?? []).compactMap { Int32($0) }
    }

    private static func failure(_ words: [String], _ code: Int32) -> Failure {
        Failure("cannot run the token-command '\(words[0])': \(String(cString: strerror(code)))")
    }
}

/// `pipe(2)`, whose name is taken here.
private func makePipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }

/// `kill(2)`, whose name is taken here.
private func sendSignal(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }

/// `read(2)`, whose name is taken here.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
