package import JSONScanning

/// The first record each way, JSON whatever protocol is asked for (HubProtocol.md, "Overview").
package struct HubHandshakeRequest: Sendable, Hashable {
    package var protocolName: String
    package var version: Int64

    package init(protocolName: String = "json", version: Int64 = 1) {
        self.protocolName = protocolName
        self.version = version
    }

    /// Reads a client's request; `nil` where it is valid JSON but not a request.
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

    /// The protocol that is asked for; `nil` where it is unknown here.
    package var hubProtocol: HubProtocol? { HubProtocol(rawValue: protocolName) }

    /// What a server that speaks JSON answers.
    package var answer: HubHandshakeResponse { answer(of: [.json]) }

    /// What a server that speaks `protocols` answers.
    ///
    /// Versions 0 (signalrcore), 1 and 2 (stateful reconnect, which the server need not offer) differ in nothing that is
    /// used here.
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
    /// The server's reason; it closes the connection next.
    case refused(String)

    /// Takes a record that came first; `nil` where it has a `type` and so is no handshake.
    ///
    /// Other members, such as the `minorVersion` of old servers, are ignored.
    package init?(_ record: HubRecord) {
        guard record.typeNumber == nil, record.target == nil, record.argumentsRange == nil, record.itemRange == nil,
            record.invocationIDRange == nil
        else { return nil }
        if let error = record.error {
            self = .refused(error.text ?? "no reason given")
        } else {
            self = .accepted
        }
    }

    /// Appends the answer with its separator.
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
