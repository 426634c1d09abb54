import Testing
import Transport

struct ProxySettingsTests {
    @Test(
        "a proxy's URL is parsed, and printed without credentials",
        arguments: [
            ("http://h:3128", "http://h:3128"), ("h:3128", "http://h:3128"), ("http://h", "http://h:80"),
            ("HTTP://user:secret@h:1/", "http://h:1"), ("socks5://h", "socks5://h:1080"),
            ("socks5h://u%3A:p%40@[::1]:9", "socks5://[::1]:9"), ("user@h:1", "http://h:1"),
            ("https://h", "https://h:443"),
        ]
    )
    func accepted(text: String, description: String) throws {
        let proxy = try Proxy(text)
        #expect(proxy.description == description)
        var dumped = ""
        dump(proxy, to: &dumped)
        #expect(!dumped.contains("secret"))
        #expect(!String(reflecting: proxy).contains("secret"))
    }

    @Test(
        "the error of a bad proxy URL does not repeat user info",
        arguments: [
            ("ftp://u:secret@h", "a proxy begins with http://, https:// or socks5://, not 'ftp://'"),
            ("http://u:secret@", "the host is missing"),
            ("http://u:secret@h:x", "'x' is not a port between 1 and 65535"),
            ("http://u:%zz@h", "'%' in user or password needs two hexadecimal digits"),
            ("http://u:secret@h/path", "nothing may follow host and port"),
        ]
    )
    func refused(text: String, detail: String) {
        #expect {
            try Proxy(text)
        } throws: { error in
            (error as? TransportError)?.code == .invalidProxy
                && (error as? TransportError)?.description == "bad proxy URL: \(detail)"
        }
    }

    private func check(_ environment: [String: String], _ url: String, _ proxy: String?) throws {
        let settings = try ProxySettings.fromEnvironment(environment)
        #expect(settings.proxy(for: try WebSocketURL(url))?.description == proxy, "\(environment) \(url)")
    }

    @Test("lower-case variables come first, and ALL_PROXY last")
    func environment() throws {
        let all = ["HTTPS_PROXY": "http://s:1", "HTTP_PROXY": "http://p:2", "ALL_PROXY": "socks5://a:3"]
        try check(all, "wss://h", "http://s:1")
        try check(all, "ws://h", "http://p:2")
        try check(["ALL_PROXY": "socks5://a:3"], "ws://h", "socks5://a:3")
        try check(["ALL_PROXY": "socks5://a:3"], "wss://h", "socks5://a:3")
        try check(["HTTPS_PROXY": "http://s:1"], "ws://h", nil)
        try check(["HTTPS_PROXY": "http://s:1", "https_proxy": "http://l:2"], "wss://h", "http://l:2")
        try check(["HTTPS_PROXY": "http://s:1", "https_proxy": ""], "wss://h", "http://s:1")
        try check(["HTTP_PROXY": "http://evil:1", "REQUEST_METHOD": "GET"], "ws://h", nil)
        try check(["http_proxy": "http://p:1", "REQUEST_METHOD": "GET"], "ws://h", "http://p:1")
        try check([:], "ws://h", nil)
        try check(all.merging(["NO_PROXY": "h"]) { $1 }, "wss://h", nil)
    }

    @Test("the error of a bad value names its variable, not the value")
    func badEnvironment() {
        #expect {
            try ProxySettings.fromEnvironment(["https_proxy": "ftp://u:secret@h"])
        } throws: { error in
            "\(error)" == "https_proxy: bad proxy URL: a proxy begins with http://, https:// or socks5://, not 'ftp://'"
        }
    }

    @Test(
        "NO_PROXY understands names, suffixes, ports, addresses, blocks and *",
        arguments: [
            ("", "h", false), ("*", "h", true), ("h", "h", true), ("H", "h", true),
            ("example.com", "a.example.com", true),
            (".example.com", "example.com", true), ("*.example.com", "a.b.example.com", true),
            ("example.com", "badexample.com", false), ("a.com, example.com", "example.com", true),
            ("a.com example.com.", "EXAMPLE.com", true), ("h:80", "h", true), ("h:81", "h", false),
            ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("10.0.0.0/9", "10.127.0.1", true),
            ("10.0.0.0/9", "10.128.0.1", false), ("0.0.0.0/0", "1.2.3.4", true), ("10.0.0.0/33", "10.0.0.0", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1:81", "127.0.0.1", false), ("::1", "[::1]", true),
            ("[::1]:80", "[0:0::1]", true), ("fd00::/8", "[fd12::1]", true), ("fd00::/8", "1.2.3.4", false),
            ("example.com/8", "example.com", false), (",, ,", "h", false),
        ]
    )
    func exceptions(list: String, host: String, isDirect: Bool) throws {
        try check(["HTTP_PROXY": "http://p:1", "NO_PROXY": list], "ws://\(host):80/", isDirect ? nil : "http://p:1")
    }
}
