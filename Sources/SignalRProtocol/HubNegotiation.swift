import JSONScanning

/// The HTTP exchange before the WebSocket (TransportProtocols.md, "`POST [endpoint-base]/negotiate` request").
package enum HubNegotiation {
    /// The highest supported version.
    package static let versionMax = 1

    /// The version with which to answer a `negotiateVersion` query parameter.
    ///
    /// A missing parameter means 0. A server that supports less than requested answers with its highest version.
    ///
    /// - Returns: `nil` if the parameter is not an integer from 0 up; answer that with status 400.
    package static func version(requested parameter: String?) -> Int? {
        guard let parameter, !parameter.isEmpty else { return 0 }
        guard let requested = Int(parameter), requested >= 0 else { return nil }
        return min(requested, versionMax)
    }

    /// The JSON body of a successful response; WebSockets is the only transport.
    ///
    /// In `?id=`, clients send the connection's token in version 1 and its id in version 0.
    package static func negotiateResponse(version: Int, connectionID: String, connectionToken: String) -> String {
        var json = #"{"negotiateVersion":\#(version >= 1 ? 1 : 0),"connectionId":"# + JSONText.quoted(connectionID)
        if version >= 1 { json += #","connectionToken":"# + JSONText.quoted(connectionToken) }
        return json + #","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}"#
    }

    /// The JSON body of a refusal, which is sent with status 200 like a success.
    package static func negotiateRefusal(_ reason: String) -> String {
        #"{"error":"# + JSONText.quoted(reason) + "}"
    }
}
