import JSONScanning
import SignalRProtocol
import Testing

struct HubHandshakeTests {
    @Test("versions 0, 1 and 2 of JSON are accepted", arguments: 0...2)
    func accepted(version: Int) throws {
        #expect(try answer(#"{"version":\#(version),"protocol":"json"}"#) == "{}")
    }

    @Test("other requests are refused with the official server's text")
    func refused() throws {
        #expect(
            try answer(#"{"protocol":"json","version":3}"#)
                == #"{"error":"The server does not support version 3 of the 'json' protocol."}"#
        )
        #expect(
            try answer(#"{"protocol":"messagepack","version":1}"#)
                == #"{"error":"The protocol 'messagepack' is not supported."}"#
        )
    }

    @Test("other records give nil", arguments: ["{}", #"{"protocol":"json"}"#, #"{"protocol":1,"version":1}"#])
    func noRequest(text: String) throws {
        #expect(try answer(text) == nil)
    }

    @Test("a request is written as other clients write it")
    func writing() {
        var output: [UInt8] = []
        HubHandshakeRequest().write(to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "{\"protocol\":\"json\",\"version\":1}\u{1E}")
    }

    @Test("responses differ from other records, even with the extra members of old servers")
    func responses() throws {
        #expect(try response("{}") == .accepted)
        #expect(try response(#"{"minorVersion":0}"#) == .accepted)
        #expect(try response(#"{"error":"no"}"#) == .refused("no"))
        #expect(try response(#"{"error":null}"#) == .accepted)
        #expect(try response(#"{"type":6}"#) == nil)
        #expect(try response(#"{"target":"OnTick","arguments":[]}"#) == nil)
    }

    @Test("negotiation answers in the requested version, up to its own")
    func negotiation() {
        #expect(HubNegotiation.version(requested: nil) == 0)
        #expect(HubNegotiation.version(requested: "0") == 0)
        #expect(HubNegotiation.version(requested: "1") == 1)
        #expect(HubNegotiation.version(requested: "9") == 1)
        #expect(HubNegotiation.version(requested: "x") == nil)
        #expect(HubNegotiation.version(requested: "-1") == nil)
        let transports = #""availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}"#
        #expect(
            HubNegotiation.negotiateResponse(version: 0, connectionID: "a", connectionToken: "b")
                == #"{"negotiateVersion":0,"connectionId":"a","# + transports
        )
        #expect(
            HubNegotiation.negotiateResponse(version: 1, connectionID: "a", connectionToken: "b")
                == #"{"negotiateVersion":1,"connectionId":"a","connectionToken":"b","# + transports
        )
        #expect(HubNegotiation.negotiateRefusal("no") == #"{"error":"no"}"#)
    }

    private func answer(_ text: String) throws -> String? {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var output: [UInt8] = []
            guard let request = try HubHandshakeRequest(bytes) else { return nil }
            request.answer.write(to: &output)
            return String(decoding: output.dropLast(), as: UTF8.self)
        }
    }

    private func response(_ text: String) throws -> HubHandshakeResponse? {
        try Array(text.utf8).withUnsafeBytes { HubHandshakeResponse(try HubRecord($0)) }
    }
}
