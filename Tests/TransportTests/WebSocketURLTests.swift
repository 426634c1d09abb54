import Testing
import Transport

struct WebSocketURLTests {
    @Test(
        "a URL is parsed into host, port and target",
        arguments: [
            ("ws://127.0.0.1:9000", "127.0.0.1", 9000, "/", "127.0.0.1:9000"),
            ("wss://Stream.Example:443/ws?a=b", "Stream.Example", 443, "/ws?a=b", "Stream.Example"),
            ("WS://localhost", "localhost", 80, "/", "localhost"),
            ("ws://h?x=1", "h", 80, "/?x=1", "h"),
            ("wss://[::1]:9/p", "::1", 9, "/p", "[::1]:9"),
            ("wss://[2001:db8::1]", "2001:db8::1", 443, "/", "[2001:db8::1]"),
            ("ws://[fe80::1%25eth0]:9/", "fe80::1%eth0", 9, "/", "[fe80::1]:9"),
            ("ws://h/a b/ü", "h", 80, "/a%20b/%C3%BC", "h"),
            ("ws://h:/x", "h", 80, "/x", "h"),
            ("ws://h/stream?streams=btcusdt@trade/x@y", "h", 80, "/stream?streams=btcusdt@trade/x@y", "h"),
        ]
    )
    func accepted(text: String, host: String, port: Int, target: String, header: String) throws {
        let url = try WebSocketURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.hostHeader == header)
        #expect(url.isSecure == text.lowercased().hasPrefix("wss"))
    }

    @Test(
        "the error of a bad URL says what is wrong",
        arguments: [
            ("", "bad URL: a WebSocket URL begins with ws:// or wss://"),
            ("localhost:80", "bad URL: a WebSocket URL begins with ws:// or wss://"),
            ("http://h/", "bad URL: a WebSocket URL begins with ws:// or wss://, not 'http://'"),
            ("ws://", "bad URL: the host is missing"),
            ("ws:///path", "bad URL: the host is missing"),
            ("ws://h:0", "bad URL: '0' is not a port between 1 and 65535"),
            ("ws://h:65536", "bad URL: '65536' is not a port between 1 and 65535"),
            ("ws://h:8a", "bad URL: '8a' is not a port between 1 and 65535"),
            ("ws://u:p@h/", "bad URL: user names and passwords in a URL are not supported"),
            ("ws://h/#f", "bad URL: a WebSocket URL has no fragment ('#…')"),
            ("ws://::1/", "bad URL: an IPv6 address needs brackets: '[::1]'"),
            ("ws://[::1", "bad URL: ']' is missing in the address"),
            ("ws://[::1]9", "bad URL: ':port' expected after ']'"),
            ("ws://[host]", "bad URL: '[host]' is not an IPv6 address"),
            ("ws://a b/", "bad URL: 'a b' is not a host name"),
            ("ws://ho\r\nst/", "bad URL: 'ho\r\nst' is not a host name"),
        ]
    )
    func refused(text: String, description: String) {
        #expect {
            try WebSocketURL(text)
        } throws: { error in
            (error as? TransportError)?.description == description
        }
    }

    @Test("a printed URL does not show its query")
    func redacted() throws {
        let url = try WebSocketURL("wss://h:8443/path?token=secret")
        #expect(url.redacted == "wss://h:8443/path")
        #expect("\(url)" == "wss://h:8443/path")
        #expect(url.authority == "h:8443")
    }

    @Test("a printed URL does not show the secret in its path")
    func secretInPath() throws {
        var url = try WebSocketURL("wss://h/private/ws/SECRET-name?x=1")
        url.secretInPath = "SECRET-name"
        #expect(url.redacted == "wss://h/private/ws/***" && "\(url)" == url.redacted)
        #expect(url.target == "/private/ws/SECRET-name?x=1")
    }
}
