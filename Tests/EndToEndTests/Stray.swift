import Foundation
import Glibc
import Testing

/// A file that is named like a recording but is not one, made in the archive of a bench.
struct Stray: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The reason in the message about it.
    let reason: String
    /// True for a recording that may have messages which cannot be read.
    let hidesMessages: Bool
    let put: @Sendable (_ bench: Workbench, _ path: String) async throws -> Void

    private init(
        _ name: String,
        _ reason: String,
        hidesMessages: Bool = false,
        put: @escaping @Sendable (_ bench: Workbench, _ path: String) async throws -> Void
    ) {
        testDescription = name
        self.reason = reason
        self.hidesMessages = hidesMessages
        self.put = put
    }

    static let all = [dangling, empty] + entries + files + recordings + (geteuid() == 0 ? [device] : [])

    static let dangling = Stray("a dangling link", "is a link to '/nowhere/x', which does not exist") { _, path in
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/x")
    }

    static let empty = Stray("an empty file", "is empty") { _, path in
        try Data().write(to: URL(fileURLWithPath: path))
    }

    static let newer = Stray("a recording of a newer schema", "was made by a newer feedrec", hidesMessages: true) {
        bench,
        path in
        try await bench.recording().write(to: URL(fileURLWithPath: path))
        _ = try await bench.tool("sqlite3", [path, "pragma user_version = 99; update session set ts_start = 1"])
    }

    private static let entries = [
        Stray("a directory", "is a directory") { _, path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        },
        Stray("a pipe", "is a pipe") { bench, path in _ = try await bench.tool("mkfifo", [path]) },
        Stray("a socket", "is a socket") { _, path in try UnixSocket.bind(path) },
        Stray("a link to itself", "is a link that cannot be followed", hidesMessages: true) { _, path in
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        },
    ]

    private static let device = Stray("a device", "is a device") { bench, path in
        _ = try await bench.tool("mknod", [path, "c", "1", "3"])
    }

    private static let files = [
        Stray("a text file", "is a file of another program") { _, path in
            try Data("symbol,price\nEURUSD,1.1\n".utf8).write(to: URL(fileURLWithPath: path))
        },
        Stray("a database of another program", "is a database of another program") { bench, path in
            _ = try await bench.tool("sqlite3", [path, "create table quote (bid real)"])
        },
        Stray("a write-ahead log alone", "is the write-ahead log of a missing recording") { _, path in
            try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: "\(path)-wal"))
        },
    ]

    private static let recordings = [
        newer,
        Stray("a recording cut in the middle", "is truncated: 20000 of ", hidesMessages: true) { bench, path in
            try await bench.recording().prefix(20_000).write(to: URL(fileURLWithPath: path))
        },
        Stray("a recording cut in its header", "is truncated: 60 bytes are there", hidesMessages: true) { bench, path in
            try await bench.recording().prefix(60).write(to: URL(fileURLWithPath: path))
        },
        Stray("a recording damaged where its tables are listed", "cannot be read", hidesMessages: true) {
            bench,
            path in
            var bytes = try await bench.recording()
            bytes.replaceSubrange(100..<4096, with: repeatElement(0xFF, count: 3996))
            try bytes.write(to: URL(fileURLWithPath: path))
        },
    ]
}

extension Workbench {
    /// The bytes of a recording.
    fileprivate func recording() async throws -> Data {
        let archive = try await importExcerpt(into: "other \(UUID().uuidString)")
        return try Data(contentsOf: URL(fileURLWithPath: "\(archive)/2024-08-08.feedrec"))
    }
}

/// A socket in the file system.
private enum UnixSocket {
    /// Leaves a socket at `path`, which may be longer than an address.
    static func bind(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        let directory = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(directory)
            close(descriptor)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: "/proc/self/fd/\(directory)/\(url.lastPathComponent)".utf8)
        }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
