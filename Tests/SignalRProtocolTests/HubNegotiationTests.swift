import SignalRProtocol
import Testing

/// The client's side of negotiation: URLs, responses, redirects.
struct HubNegotiationTests {
    @Test(
        "URLs keep the hub's own query and path",
        arguments: [
            ("ws://h/hub", "ws://h/hub/negotiate?negotiateVersion=1", "ws://h/hub?id=a%2Bb%26"),
            ("https://h:8/hub?x=1", "wss://h:8/hub/negotiate?x=1&negotiateVersion=1", "wss://h:8/hub?x=1&id=a%2Bb%26"),
            ("HTTP://h", "ws://h/negotiate?negotiateVersion=1", "ws://h/?id=a%2Bb%26"),
            (
                "wss://[::1]:5/base/hub/", "wss://[::1]:5/base/hub/negotiate?negotiateVersion=1",
                "wss://[::1]:5/base/hub/?id=a%2Bb%26"
            ),
            ("ws://h?y=/z", "ws://h/negotiate?y=/z&negotiateVersion=1", "ws://h/?y=/z&id=a%2Bb%26"),
            (
                "ws://h/hub?NegotiateVersion=0", "ws://h/hub/negotiate?NegotiateVersion=0",
                "ws://h/hub?NegotiateVersion=0&id=a%2Bb%26"
            ),
        ]
    )
    func urls(hub: String, negotiate: String, connect: String) throws {
        let url = try #require(HubURL(hub))
        #expect(url.negotiateURL == negotiate)
        #expect(url.connectURL(id: "a+b&") == connect)
    }

    @Test("a token in the query comes last and is encoded, and other URLs are not hub URLs")
    func tokens() {
        #expect(HubURL("ws://h/hub")?.connectURL() == "ws://h/hub")
        #expect(HubURL("ws://h/hub")?.connectURL(accessToken: "a.b/c=") == "ws://h/hub?access_token=a.b%2Fc%3D")
        for text in ["", "h/hub", "ftp://h/hub", "ws:///hub", "ws://"] { #expect(HubURL(text) == nil) }
    }

    @Test(
        "the id is the token in version 1, and the connection's id in version 0",
        arguments: [
            (#"{"negotiateVersion":1,"connectionId":"I","connectionToken":"T",\#(webSockets)}"#, "T"),
            (#"{"negotiateVersion":0,"connectionId":"I",\#(webSockets)}"#, "I"),
            (#"{"connectionId":"I",\#(webSockets),"tokenLifetimeInSeconds":5,"later":{"x":[1]}}"#, "I"),
            (
                #"{"negotiateVersion":1,"connectionId":"I","connectionToken":"T","useStatefulReconnect":true,\#(webSockets)}"#,
                "T"
            ),
        ]
    )
    func ids(body: String, id: String) throws {
        var run = try run()
        #expect(
            try run.receive(status: 200, body: Array(body.utf8))
                == .connect(try #require(HubURL("ws://h/hub?x=1")), id: id)
        )
    }

    @Test("a redirect is followed, and its token replaces ours if it has one")
    func redirect() throws {
        var run = try run()
        #expect(run.firstStep == .post(url: "ws://h/hub/negotiate?x=1&negotiateVersion=1"))
        let first = #"{"url":"https://other/client/?hub=a","accessToken":"theirs"}"#
        #expect(
            try run.receive(status: 200, body: Array(first.utf8))
                == .post(url: "wss://other/client/negotiate?hub=a&negotiateVersion=1")
        )
        #expect(run.accessToken == "theirs")
        _ = try run.receive(status: 200, body: Array(#"{"url":"https://third/hub"}"#.utf8))
        #expect(run.accessToken == "theirs")
        #expect(
            try run.receive(status: 200, body: Array(#"{"connectionId":"I",\#(Self.webSockets)}"#.utf8))
                == .connect(try #require(HubURL("wss://third/hub")), id: "I")
        )
    }

    @Test("a hub that redirects forever is given up")
    func loop() throws {
        var run = try run()
        let body = Array(#"{"url":"http://h/hub"}"#.utf8)
        for _ in 0..<100 { _ = try run.receive(status: 200, body: body) }
        #expect(throws: HubNegotiationError.self) { try run.receive(status: 200, body: body) }
    }

    @Test("no redirect is followed from TLS to a URL without TLS")
    func downgrade() throws {
        var run = HubNegotiationRun(hub: try #require(HubURL("wss://h/hub")), accessToken: "ours")
        #expect(throws: HubNegotiationError.self) {
            try run.receive(status: 200, body: Array(#"{"url":"http://h/hub","accessToken":"x"}"#.utf8))
        }
    }

    @Test(
        "each failure has its own error",
        arguments: [
            (200, #"{"error":"go away"}"#, "go away"),
            (200, #"{"ProtocolVersion":"1.5","ConnectionId":"x"}"#, "SignalR 2"),
            (200, "<html>", "JSON"),
            (200, #"{"connectionId":"I","availableTransports":[{"transport":"LongPolling"}]}"#, "WebSockets"),
            (200, #"{"connectionId":"I"}"#, "WebSockets"),
            (200, #"{"negotiateVersion":1,\#(webSockets)}"#, "connectionToken"),
            (200, #"{"url":"mailto:x"}"#, "invalid URL"), (401, "", "token"), (404, "", "no hub"), (302, "", "302"),
            (503, "", "503"),
        ]
    )
    func failures(status: Int, body: String, text: String) throws {
        var run = try run()
        let error = #expect(throws: HubNegotiationError.self) {
            try run.receive(status: status, body: Array(body.utf8))
        }
        #expect(try #require(error).description.contains(text), "\(error?.description ?? "")")
        #expect(error?.description.contains("ours") == false)
    }

    @Test("messagepack needs binary messages")
    func binary() throws {
        var run = HubNegotiationRun(
            hub: try #require(HubURL("ws://h/hub")),
            accessToken: nil,
            hubProtocol: .messagePack
        )
        let body =
            #"{"connectionId":"I","availableTransports":[{"transferFormats":["Text"],"transport":"WebSockets"}]}"#
        #expect(throws: HubNegotiationError.self) { try run.receive(status: 200, body: Array(body.utf8)) }
    }

    private static let webSockets =
        #""availableTransports":[{"transport":"ServerSentEvents","transferFormats":["Text"]},"#
        + #"{"transport":"WebSockets","transferFormats":["Text","Binary"]}]"#

    private func run() throws -> HubNegotiationRun {
        HubNegotiationRun(hub: try #require(HubURL("ws://h/hub?x=1")), accessToken: "ours")
    }
}
