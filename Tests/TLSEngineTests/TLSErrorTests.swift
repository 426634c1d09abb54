import TLSEngine
import Testing

struct TLSErrorTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    @Test("an alert says whether it concerns our certificate and whether to retry")
    func alerts() {
        let cases: [(UInt8, String, isAboutCertificate: Bool, isTransient: Bool)] = [
            (20, "bad record mac", false, true), (40, "handshake failure", false, false),
            (42, "bad certificate", true, false), (45, "certificate expired", true, false),
            (48, "unknown CA", true, false), (70, "protocol version", false, false),
            (80, "internal error", false, true), (116, "certificate required", true, false),
            (120, "no application protocol", false, false), (255, "alert 255", false, false),
        ]
        for (number, name, isAboutCertificate, isTransient) in cases {
            let alert = TLSAlert(number: number)
            #expect(alert.description == name)
            #expect(alert.isAboutCertificate == isAboutCertificate)
            #expect(alert.isTransient == isTransient)
            #expect(TLSError(code: .connection, cause: .alert(alert)).isRetryable == isTransient)
        }
    }

    @Test("a broken connection is retryable, an error that needs action is not")
    func retrying() {
        #expect(TLSError(code: .connection).isRetryable)
        #expect(TLSError(code: .handshake, cause: .truncated).isRetryable)
        #expect(!TLSError(code: .handshake).isRetryable)
        #expect(!TLSError(code: .certificate).isRetryable)
        #expect(!TLSError(code: .configuration).isRetryable)
        #expect(!TLSError(code: .connection, cause: .renegotiation).isRetryable)
    }

    private func check(_ certificate: String, _ key: String, _ expected: String) {
        do throws(TLSError) {
            _ = try TLSIdentity(certificateFile: certificate, keyFile: key)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .configuration)
            #expect(error.description == expected)
        }
    }

    @Test("the error for an unusable identity names the file and the cause")
    func identities() throws {
        let (certificate, key) = (files.certificateFile, files.keyFile)
        check("/no.pem", key, "cannot use the certificate file '/no.pem': No such file or directory")
        check(certificate, "/no.key", "cannot use the key file '/no.key': No such file or directory")
        check(
            certificate,
            files.selfSignedKeyFile,
            "the key in '\(files.selfSignedKeyFile)' does not belong to the certificate in '\(certificate)'"
                + ": key values mismatch"
        )
        let locked = files.directory + "/locked.key"
        check(certificate, locked, "the key file '\(locked)' is encrypted, which is not supported")
        let short = try files.issue("short", key: ["rsa:1024"])
        check(
            short.certificateFile,
            short.keyFile,
            "cannot use the certificate file '\(short.certificateFile)': ee key too small"
        )
        let torn = try files.write(
            String(files.openssl(["x509", "-in", "server.pem"]).dropLast(60)) + "\n-----END CERTIFICATE-----\n",
            to: "torn.pem"
        )
        #expect(throws: TLSError.self) { try TLSIdentity(certificateFile: torn, keyFile: key) }
        #expect(throws: TLSError.self) { try TLSIdentity(certificateFile: files.directory, keyFile: key) }
    }

    @Test("a server needs a usable CA file to ask for client certificates")
    func authorities() throws {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        do throws(TLSError) {
            _ = try TLSContext.server(.init(identity: identity, clientCertificates: .required(caFile: "/no.pem")))
            Issue.record("accepted")
        } catch {
            #expect(error.description == "cannot use the CA file '/no.pem': No such file or directory")
        }
    }
}
