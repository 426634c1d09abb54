import FeedrecTestKit
import FeedrecWebSocket
import Foundation
import Testing

/// Makes a self-signed certificate for 127.0.0.1 with the `openssl` command.
func makeCertificate(_ files: WebSocket.Options.CertificateFiles) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", files.key, "-out", files.certificate]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
}

extension TemporaryDirectory {
    /// Makes the certificate `name.pem` with the key `name.key`.
    func certificate(_ name: String) throws -> WebSocket.Options.CertificateFiles {
        let files = WebSocket.Options.CertificateFiles(certificate: file("\(name).pem"), key: file("\(name).key"))
        try makeCertificate(files)
        return files
    }
}
