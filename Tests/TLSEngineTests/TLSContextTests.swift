import TLSEngine
import Testing

struct TLSContextTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func check(_ expected: String, _ make: () throws(TLSError) -> TLSContext) {
        do {
            _ = try make()
            Issue.record("accepted")
        } catch {
            #expect(error.code == .configuration)
            #expect(error.description == expected)
        }
    }

    @Test("errors for unusable files name the file and the cause")
    func unusableFiles() throws {
        let key = files.keyFile
        check("cannot use the CA file '/nowhere/ca.pem': No such file or directory") { () throws(TLSError) in
            try .client(trust: .caFile("/nowhere/ca.pem"))
        }
        check("cannot use the CA file '\(key)': no certificate or crl found") { () throws(TLSError) in
            try .client(trust: .caFile(key))
        }
        check("cannot use the certificate file '/nowhere.pem': No such file or directory") { () throws(TLSError) in
            try .server(certificateFile: "/nowhere.pem", keyFile: key)
        }
        check("cannot use the certificate file '\(key)': no start line") { () throws(TLSError) in
            try .server(certificateFile: key, keyFile: key)
        }
    }

    @Test("a key that does not match, or needs a passphrase, is refused")
    func unusableKeys() {
        #expect(throws: TLSError.self) {
            try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.selfSignedKeyFile)
        }
        #expect(throws: TLSError.self) {
            try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.directory + "/locked.key")
        }
    }
}
