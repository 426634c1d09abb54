import JSONScanning

/// The HTTP exchange before the WebSocket (TransportProtocols.md, "`POST [endpoint-base]/negotiate` request").
package enum HubNegotiation {
    /// The highest version that is answered.
    package static let versionMax = 1

    /// The version to answer a `negotiateVersion` query parameter with.
    ///
    /// An absent parameter means 0, and a server that knows less than is asked for answers with the most it knows.
    ///
    /// - Returns: `nil` where the parameter is not a whole number, which is answered with status 400.
    package static func version(requested parameter: String?) -> Int? {
        guard let parameter, !parameter.isEmpty else { return 0 }
        guard let requested = Int(parameter), requested >= 0 else { return nil }
        return min(requested, versionMax)
    }

    /// The JSON body of a successful answer; WebSockets is the only transport.
    ///
    /// Clients put the connection's token into `?id=` under version 1 and its id under version 0.
    package static func negotiateResponse(version: Int, connectionID: String, connectionToken: String) -> String {
        var json = #"{"negotiateVersion":\#(version >= 1 ? 1 : 0),"connectionId":"# + JSONText.quoted(connectionID)
        if version >= 1 { json += #","connectionToken":"# + JSONText.quoted(connectionToken) }
        return json + #","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}"#
    }

    /// The JSON body of a refusal, which goes out with status 200 like a success.
    package static func negotiateRefusal(_ reason: String) -> String {
        #"{"error":"# + JSONText.quoted(reason) + "}"
    }
}
