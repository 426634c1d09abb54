import JSONScanning

/// Appends hub records, each with its separator.
///
/// It writes only the members in the specification, because pysignalr ends the connection at unknown ones.
package enum HubRecordWriter {
    /// How a call ended.
    package enum Outcome {
        /// No result and no error: a method without a value, or the end of a stream.
        case void
        /// JSON text of a fixed result; `null` for a method without a result if the client expects one.
        case result(StaticString)
        /// JSON text of a computed result.
        case json([UInt8])
        case error(String)
    }

    /// Appends a call: type 1, or type 4 for a method that answers with a stream.
    ///
    /// - Parameters:
    ///   - target: The method's name.
    ///   - invocationID: The id's text; without an id the other side does not answer.
    ///   - arguments: A JSON array.
    ///   - isStream: True for a method that answers with a stream.
    ///   - output: The buffer to append to.
    package static func appendInvocation(
        of target: String,
        invocationID: String?,
        arguments: [UInt8],
        isStream: Bool = false,
        to output: inout [UInt8]
    ) {
        output.append(contentsOf: isStream ? #"{"type":4"#.utf8 : #"{"type":1"#.utf8)
        if let invocationID {
            output.append(contentsOf: #","invocationId":"#.utf8)
            JSONText.appendString(invocationID, to: &output)
        }
        output.append(contentsOf: #","target":"#.utf8)
        JSONText.appendString(target, to: &output)
        output.append(contentsOf: #","arguments":"#.utf8)
        output.append(contentsOf: arguments)
        end(&output)
    }

    /// Appends the end of a call or of a stream.
    ///
    /// - Parameters:
    ///   - invocationID: JSON text of the id as the caller wrote it, including quotes.
    ///   - outcome: How it ended.
    ///   - output: The buffer to append to.
    package static func appendCompletion(
        of invocationID: some Collection<UInt8>,
        _ outcome: Outcome,
        to output: inout [UInt8]
    ) {
        output.append(contentsOf: #"{"type":3,"invocationId":"#.utf8)
        output.append(contentsOf: invocationID)
        switch outcome {
        case .void: break
        case .result(let json):
            output.append(contentsOf: #","result":"#.utf8)
            output.append(contentsOf: UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
        case .json(let json):
            output.append(contentsOf: #","result":"#.utf8)
            output.append(contentsOf: json)
        case .error(let text):
            output.append(contentsOf: #","error":"#.utf8)
            JSONText.appendString(text, to: &output)
        }
        end(&output)
    }

    /// Appends a request to cancel a stream; the other side still completes it.
    package static func appendCancel(of invocationID: some Collection<UInt8>, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"type":5,"invocationId":"#.utf8)
        output.append(contentsOf: invocationID)
        end(&output)
    }

    /// Appends a ping.
    package static func appendPing(to output: inout [UInt8]) {
        output.append(contentsOf: #"{"type":6"#.utf8)
        end(&output)
    }

    /// Appends the Close record that precedes the WebSocket close frame.
    package static func appendClose(error: String? = nil, allowReconnect: Bool = false, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"type":7"#.utf8)
        if let error {
            output.append(contentsOf: #","error":"#.utf8)
            JSONText.appendString(error, to: &output)
        }
        if allowReconnect { output.append(contentsOf: #","allowReconnect":true"#.utf8) }
        end(&output)
    }

    private static func end(_ output: inout [UInt8]) {
        output.append(UInt8(ascii: "}"))
        output.append(HubRecordScanner.separator)
    }
}
