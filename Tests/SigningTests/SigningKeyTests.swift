import Testing
import TextEncoding

@testable import Signing

struct SigningKeyTests {
    /// RFC 4231, test cases 1, 2 and 6: key and message in hexadecimal, and the HMAC.
    @Test(
        "HMAC-SHA256 gives the values of RFC 4231",
        arguments: [
            (
                String(repeating: "0b", count: 20), "4869205468657265",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
        ]
    )
    func hmac(key: String, message: String, digest: String) throws {
        let key = try SigningKey(secret: try text(key))
        #expect(key.algorithm == .hmac)
        #expect(key.signature(of: try text(message)).hexadecimal == digest)
    }

    /// The example of Binance's documentation ("SIGNED Endpoint Examples").
    @Test("a query is signed as in Binance's documentation")
    func binance() throws {
        let key = try SigningKey(secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")
        let query =
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
            + "&timestamp=1499827319559"
        let signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
        #expect(key.signature(of: query).hexadecimal == signature)
    }

    /// RFC 8032 §7.1, tests 1 and 2: the private key, the message and the signature.
    @Test(
        "Ed25519 gives the values of RFC 8032",
        arguments: [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                    + "d25bf5f0595bbe24655141438e7a100b"
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "r",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                    + "387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ]
    )
    func ed25519(key: String, message: String, signature: String) throws {
        let key = try SigningKey(secret: try pem(key))
        #expect(key.algorithm == .ed25519)
        #expect(key.signature(of: message).hexadecimal == signature)
    }

    @Test(
        "a bad key is refused without being quoted",
        arguments: [
            "", "-----BEGIN PRIVATE KEY-----\nNOTBASE64SECRET\n-----END PRIVATE KEY-----\n",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3SECRET\n-----END ENCRYPTED PRIVATE KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----",
        ]
    )
    func bad(secret: String) {
        let error = #expect(throws: SigningError.self) { try SigningKey(secret: secret) }
        #expect(error?.description.contains("SECRET") == false && error?.description.isEmpty == false)
    }

    private func text(_ hexadecimal: String) throws -> String {
        String(decoding: try #require([UInt8](hexadecimal: hexadecimal.utf8)), as: UTF8.self)
    }

    /// The PKCS #8 form of a private key of 32 bytes (RFC 8410 §7).
    private func pem(_ hexadecimal: String) throws -> String {
        let header = "302e020100300506032b657004220420"
        let bytes = try #require([UInt8](hexadecimal: (header + hexadecimal).utf8))
        return "-----BEGIN PRIVATE KEY-----\n\(Base64.encode(bytes))\n-----END PRIVATE KEY-----\n"
    }
}
