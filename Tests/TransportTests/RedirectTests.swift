import Testing
import Transport

struct RedirectTests {
    @Test(
        "a redirect is refused, and the error names its target without secrets",
        arguments: [
            ("301", "Location: wss://u:p@other.example/path?token=1#f\r\n", "'wss://other.example/path'"),
            ("302", "Location: /login?next=secret\r\n", "'/login'"),
            ("307", "location: https://other.example\r\n", "'https://other.example'"),
            ("308", "", "an unnamed location"),
        ]
    )
    func refused(status: String, field: String, place: String) async throws {
        let answer = "HTTP/1.1 \(status) x\r\n\(field)Content-Length: 0\r\n\r\n"
        let server = try await RawServer { _ in .send(Array(answer.utf8)) }
        let error = await #expect(throws: TransportError.self) { try await connect("ws://\(server.authority)") }
        #expect(error?.code == .redirected(status: Int(status) ?? 0))
        #expect(
            error?.description
                == "\(server.authority) answered \(status) and redirects to \(place); redirects are not followed"
        )
        #expect(error?.isRetryable == false)
        try await server.close()
    }
}
