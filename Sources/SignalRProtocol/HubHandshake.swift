package import JSONScanning

/// The first record of the client, always in JSON (HubProtocol.md, "Overview").
package struct HubHandshakeRequest: Sendable, Hashable {
    package var protocolName: String
    package var version: Int64

    package init(protocolName: String = "json", version: Int64 = 1) {
        self.protocolName = protocolName
        self.version = version
    }

    /// Parses a client's request; `nil` if it is valid JSON but not a request.
    package init?(_ record: UnsafeRawBufferPointer) throws(JSONError) {
        let (name, version) = try JSONText.withPlain(record, Self.members)
        guard let name, let version else { return nil }
        self.init(protocolName: name, version: version)
    }

    private static func members(
        of record: UnsafeRawBufferPointer
    ) throws(JSONError) -> (name: String?, version: Int64?) {
        var members: (name: String?, version: Int64?)
        var cursor = JSONCursor(record)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("protocol") { members.name = value.text }
            if key.equals("version"), value.kind == .number { members.version = value.integer }
        }
        try cursor.expectEnd()
        return members
    }

    /// Appends the request with its separator.
    package func write(to output: inout [UInt8]) {
        output.append(contentsOf: #"{"protocol":"#.utf8)
        JSONText.appendString(protocolName, to: &output)
        output.append(contentsOf: #","version":"#.utf8)
        output.append(contentsOf: String(version).utf8)
        output.append(UInt8(ascii: "}"))
        output.append(HubRecordScanner.separator)
    }

    /// The requested protocol; `nil` if it is unknown.
    package var hubProtocol: HubProtocol? { HubProtocol(rawValue: protocolName) }

    /// The response of a server that supports only JSON.
    package var answer: HubHandshakeResponse { answer(of: [.json]) }

    /// The response of a server that supports `protocols`.
    ///
    /// Versions 0 (signalrcore), 1 and 2 (stateful reconnect, which a server need not offer) are the same for our
    /// purposes.
    package func answer(of protocols: [HubProtocol]) -> HubHandshakeResponse {
        guard let hubProtocol, protocols.contains(hubProtocol) else {
            return .refused("The protocol '\(protocolName)' is not supported.")
        }
        guard (0...2).contains(version) else {
            return .refused("The server does not support version \(version) of the '\(protocolName)' protocol.")
        }
        return .accepted
    }
}

/// The server's first record.
package enum HubHandshakeResponse: Sendable, Hashable {
    case accepted
    /// The server's reason; it then closes the connection.
    case refused(String)

    /// Interprets a first record; `nil` if it has a `type` and is therefore not a handshake.
    ///
    /// Other members, such as the `minorVersion` of old servers, are ignored.
    package init?(_ record: HubRecord) {
        guard record.typeNumber == nil, record.target == nil, record.argumentList == nil, record.itemValue == nil,
            record.invocationIDRange == nil
        else { return nil }
        if let error = record.error {
            self = .refused(error.text ?? "no reason given")
        } else {
            self = .accepted
        }
    }

    /// Appends the response with its separator.
    package func write(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        if case .refused(let text) = self {
            output.append(contentsOf: #""error":"#.utf8)
            JSONText.appendString(text, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        output.append(HubRecordScanner.separator)
    }
}
