import Foundation
import Testing

/// The C file, built once as described in the README and its header comment.
enum Extension {
    static let isAvailable = Shell.compiler != nil && Shell.sqlite != nil
    static let skipReason: Comment = "needs cc and sqlite3 in the PATH"

    static let library = Result { try build(in: temporaryDirectory(), as: "feedrec_messages.so") }

    static func build(in directory: URL, as name: String) throws -> URL {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/CMessageTable/feedrec_messages.c").standardizedFileURL
        let arguments = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", name, source.path, "-lzstd"]
        let result = try Shell.run(#require(Shell.compiler), arguments, in: directory)
        try #require(result.status == 0, "\(result.error)")
        return directory.appendingPathComponent(name)
    }

    static func temporaryDirectory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("feedrec-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }
}
