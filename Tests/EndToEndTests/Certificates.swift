/// Certificates made with the `openssl` command: some signed by our own authority, one self-signed.
struct Certificates {
    let caFile: String
    /// For `localhost` and 127.0.0.1, signed by the authority.
    let certificateFile: String
    let keyFile: String
    /// For another host, signed by the authority.
    let elsewhereFile: String
    /// For 127.0.0.1, signed by itself.
    let selfSignedFile: String
    let selfSignedKeyFile: String

    init(on bench: Workbench) async throws {
        caFile = bench.path("ca.pem")
        certificateFile = bench.path("server.pem")
        keyFile = bench.path("server.key")
        elsewhereFile = bench.path("elsewhere.pem")
        selfSignedFile = bench.path("self.pem")
        selfSignedKeyFile = bench.path("self.key")
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        let signedByItself = ["req", "-x509", "-days", "2"] + newKey
        let authorityKey = bench.path("ca.key")
        _ = try await bench.tool(
            "openssl",
            signedByItself + ["-subj", "/CN=feedrec test CA", "-keyout", authorityKey, "-out", caFile]
        )
        _ = try await bench.tool(
            "openssl",
            signedByItself + ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
                + ["-keyout", selfSignedKeyFile, "-out", selfSignedFile]
        )
        let request = bench.path("server.csr")
        _ = try await bench.tool(
            "openssl",
            ["req", "-new"] + newKey + ["-subj", "/CN=localhost", "-keyout", keyFile, "-out", request]
        )
        for (names, file) in [("DNS:localhost,IP:127.0.0.1", certificateFile), ("DNS:elsewhere.test", elsewhereFile)] {
            let extensions = try bench.write("subjectAltName=\(names)\n", to: "names.cnf")
            _ = try await bench.tool(
                "openssl",
                ["x509", "-req", "-in", request, "-CA", caFile, "-CAkey", authorityKey, "-CAcreateserial"]
                    + ["-days", "2", "-extfile", extensions, "-out", file]
            )
        }
    }
}
