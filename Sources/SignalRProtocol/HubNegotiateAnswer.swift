import JSONScanning

/// A server's response to a negotiation (TransportProtocols.md, "`POST [endpoint-base]/negotiate` request").
package enum HubNegotiateAnswer: Hashable, Sendable {
    /// Connect with this `id`, which is a secret in version 1.
    ///
    /// `transferFormats` are those of WebSockets; `nil` if WebSockets are not offered.
    case connect(id: String, transferFormats: [String]?)
    /// Negotiate again at this URL, and use this token from now on if there is one.
    case redirect(url: String, accessToken: String?)

    /// Parses the body of a response with status 200.
    ///
    /// Unknown members are ignored, and so is `useStatefulReconnect`, which we never request.
    package init(_ body: UnsafeRawBufferPointer) throws(HubNegotiationError) {
        let members: Members
        do throws(JSONError) {
            members = try JSONText.withPlain(body) { plain throws(JSONError) in try Members(plain) }
        } catch {
            throw HubNegotiationError(
                .malformed,
                "the answer to the negotiation is not valid: \(error)"
            )
        }
        if let error = members.error { throw HubNegotiationError(.refused, "the hub refused to negotiate: \(error)") }
        guard !members.isOld else {
            throw HubNegotiationError(
                .oldServer,
                "the server uses ASP.NET SignalR 2 ('ProtocolVersion'); only the different protocol of ASP.NET Core "
                    + "SignalR is supported"
            )
        }
        if let url = members.url {
            self = .redirect(url: url, accessToken: members.accessToken)
            return
        }
        let id = members.version >= 1 ? members.connectionToken : members.connectionID
        guard let id, !id.isEmpty else {
            let name = members.version >= 1 ? "connectionToken" : "connectionId"
            throw HubNegotiationError(.malformed, "the answer to the negotiation has no '\(name)'")
        }
        self = .connect(id: id, transferFormats: members.transferFormats)
    }

    private struct Members {
        var version: Int64 = 0
        var connectionID: String?
        var connectionToken: String?
        var transferFormats: [String]?
        var url: String?
        var accessToken: String?
        var error: String?
        var isOld = false

        init(_ body: UnsafeRawBufferPointer) throws(JSONError) {
            var cursor = JSONCursor(body)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("negotiateVersion") { version = value.integer ?? 0 }
                if key.equals("connectionId") { connectionID = value.text }
                if key.equals("connectionToken") { connectionToken = value.text }
                if key.equals("availableTransports") { transferFormats = try Self.webSockets(in: value) }
                if key.equals("url") { url = value.text }
                if key.equals("accessToken") { accessToken = value.text }
                if key.equals("error"), !value.isNull { error = value.text ?? "no reason given" }
                if key.equals("ProtocolVersion") { isOld = true }
            }
            try cursor.expectEnd()
        }

        /// The transfer formats of the transport `WebSockets`.
        private static func webSockets(in list: JSONValue) throws(JSONError) -> [String]? {
            guard list.kind == .array else { return nil }
            var cursor = JSONCursor(list.bytes)
            try cursor.enterArray()
            while try cursor.nextElement() {
                let transport = try cursor.nextValue()
                if transport.kind == .object, let formats = try formats(of: transport) { return formats }
            }
            return nil
        }

        /// The formats of one transport; `nil` if it is not WebSockets.
        private static func formats(of transport: JSONValue) throws(JSONError) -> [String]? {
            var isWebSockets = false
            var formats: [String] = []
            var cursor = JSONCursor(transport.bytes)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("transport") { isWebSockets = value.text == "WebSockets" }
                guard key.equals("transferFormats"), value.kind == .array else { continue }
                var elements = JSONCursor(value.bytes)
                try elements.enterArray()
                while try elements.nextElement() {
                    if let format = try elements.nextValue().text { formats.append(format) }
                }
            }
            return isWebSockets ? formats : nil
        }
    }
}
