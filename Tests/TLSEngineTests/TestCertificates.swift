import Foundation

/// Certificates made by the `openssl` command in a temporary directory, which is removed with this object.
final class TestCertificates: Sendable {
    let directory: String

    /// The certificate of a private authority.
    var caFile: String { directory + "/ca.pem" }
    /// Signed by the authority, for `localhost`, `*.example.test`, 127.0.0.1 and ::1.
    var certificateFile: String { directory + "/server.pem" }
    var keyFile: String { directory + "/server.key" }
    /// Self-signed, for `localhost`.
    var selfSignedFile: String { directory + "/self.pem" }
    var selfSignedKeyFile: String { directory + "/self.key" }

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/feedrec-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let names = "subjectAltName=DNS:localhost,DNS:*.example.test,IP:127.0.0.1,IP:::1"
        try Data(names.utf8).write(to: URL(fileURLWithPath: directory + "/names.cnf"))
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        let certificate = ["req", "-x509", "-days", "2"] + newKey
        try openssl(certificate + ["-subj", "/CN=feedrec test CA", "-keyout", "ca.key", "-out", "ca.pem"])
        try openssl(
            certificate + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
                + ["-keyout", "self.key", "-out", "self.pem"]
        )
        try openssl(
            ["req", "-new"] + newKey + ["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"]
        )
        try openssl(
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
                + ["-days", "2", "-extfile", "names.cnf", "-out", "server.pem"]
        )
        try openssl(["pkey", "-in", "server.key", "-aes128", "-passout", "pass:secret", "-out", "locked.key"])
    }

    /// The paths of a certificate and its key.
    struct Files {
        let certificateFile: String
        let keyFile: String
    }

    /// Issues another certificate of the authority for `localhost`.
    ///
    /// `key` has the arguments of `openssl req -newkey`, `signing` those of `openssl x509 -req`.
    func issue(
        _ name: String,
        subject: String = "/CN=localhost",
        key: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
        signing: [String] = ["-days", "2"],
        authority: String = "ca"
    ) throws -> Files {
        try openssl(
            ["req", "-new", "-newkey"] + key + ["-nodes", "-subj", subject]
                + ["-keyout", "\(name).key", "-out", "\(name).csr"]
        )
        try openssl(
            ["x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).pem", "-CAkey", "\(authority).key"]
                + ["-set_serial", "\(Int.random(in: 1...Int.max))", "-extfile", "names.cnf"] + signing
                + ["-out", "\(name).pem"]
        )
        return Files(certificateFile: "\(directory)/\(name).pem", keyFile: "\(directory)/\(name).key")
    }

    /// Writes a file with `text` and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
        return directory + "/" + name
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Runs `openssl` in the directory and returns its standard output.
    @discardableResult
    func openssl(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw OpenSSLCommandFailed(arguments: arguments) }
        return String(decoding: data, as: UTF8.self)
    }
}

struct OpenSSLCommandFailed: Error {
    let arguments: [String]
}
