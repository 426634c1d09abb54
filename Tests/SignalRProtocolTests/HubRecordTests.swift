import JSONScanning
import MarketModel
import SignalRProtocol
import Testing

struct HubRecordTests {
    @Test("members are found in any order, and unknown ones are skipped")
    func members() throws {
        let text =
            #" {"arguments":[{"a":[1]},"x"] , "headers":{"t":"1"},"invocationId":"7","target":"OnTick","type":1} "#
        try read(text) { record in
            #expect(record.type == .invocation)
            #expect(record.target?.text == "OnTick")
            #expect(record.arguments.map(string) == #"[{"a":[1]},"x"]"#)
            #expect(record.invocationID.map(string) == #""7""#)
            #expect(record.item == nil && record.result == nil && record.error == nil)
        }
    }

    @Test("a stream's item may be any JSON, including null")
    func items() throws {
        for item in ["null", #""text""#, "1.50", #"{"a":1}"#, "[]", "true", #""""#] {
            try read(#"{"type":2,"invocationId":"1","item":\#(item)}"#) { record in
                #expect(record.type == .streamItem)
                #expect(record.item.map(string) == item)
            }
        }
        try read(#"{"type":2,"invocationId":"1"}"#) { #expect($0.item == nil) }
    }

    @Test("completions have a result, an error or neither")
    func completions() throws {
        try read(#"{"type":3,"invocationId":"1","result":null}"#) { #expect($0.result?.isNull == true) }
        try read(#"{"type":3,"invocationId":"1","error":"no \"X\""}"#) { #expect($0.error?.text == #"no "X""#) }
        try read(#"{"type":3,"invocationId":"1"}"#) { #expect($0.result == nil && $0.error == nil) }
        try read(#"{"type":7,"allowReconnect":true}"#) { #expect($0.type == .close && $0.allowReconnect) }
    }

    @Test("records of unknown or missing type have none")
    func types() throws {
        try read(#"{"type":12}"#) { #expect($0.type == nil && $0.typeNumber == 12) }
        try read(#"{"type":-1}"#) { #expect($0.type == nil) }
        try read(#"{"type":"1"}"#) { #expect($0.typeNumber == nil) }
        try read(#"{"type":99999999999999999999}"#) { #expect($0.typeNumber == nil) }
        try read("{}") { #expect($0.typeNumber == nil) }
    }

    @Test(
        "anything other than one JSON object is an error",
        arguments: ["", "[]", "{", "{}{}", #"{"type":}"#, "nul", "{\"a\":1,}"]
    )
    func malformed(text: String) {
        #expect(throws: JSONError.self) { try read(text) { _ in } }
    }

    @Test("every truncation of a record is an error, never a trap")
    func truncations() {
        let text = #"{"type":2,"invocationId":"1","item":{"bid":1.5,"s":"\u0041"},"target":"t","arguments":[1]}"#
        for count in 0..<text.utf8.count {
            #expect(throws: JSONError.self) {
                try read(String(decoding: text.utf8.prefix(count), as: UTF8.self)) { _ in }
            }
        }
    }

    @Test("written records can be read again")
    func writing() throws {
        try written({
            HubRecordWriter.appendInvocation(of: "Do", invocationID: "1", arguments: Array("[1]".utf8), to: &$0)
        }) {
            #expect($0 == #"{"type":1,"invocationId":"1","target":"Do","arguments":[1]}"#)
        }
        try written({
            HubRecordWriter.appendInvocation(
                of: "S",
                invocationID: nil,
                arguments: Array("[]".utf8),
                isStream: true,
                to: &$0
            )
        }) { #expect($0 == #"{"type":4,"target":"S","arguments":[]}"#) }
        let id = Array(#""9""#.utf8)
        try written({ HubRecordWriter.appendCompletion(of: id, .void, to: &$0) }) {
            #expect($0 == #"{"type":3,"invocationId":"9"}"#)
        }
        try written({ HubRecordWriter.appendCompletion(of: id, .result("null"), to: &$0) }) {
            #expect($0 == #"{"type":3,"invocationId":"9","result":null}"#)
        }
        try written({ HubRecordWriter.appendCompletion(of: id, .error("a \"b\""), to: &$0) }) {
            #expect($0 == #"{"type":3,"invocationId":"9","error":"a \"b\""}"#)
        }
        try written({ HubRecordWriter.appendCancel(of: id, to: &$0) }) {
            #expect($0 == #"{"type":5,"invocationId":"9"}"#)
        }
        try written({ HubRecordWriter.appendPing(to: &$0) }) { #expect($0 == #"{"type":6}"#) }
        try written({ HubRecordWriter.appendClose(to: &$0) }) { #expect($0 == #"{"type":7}"#) }
        try written({ HubRecordWriter.appendClose(error: "e", allowReconnect: true, to: &$0) }) {
            #expect($0 == #"{"type":7,"error":"e","allowReconnect":true}"#)
        }
    }

    @Test("bytes appended to a batch become one sent text message")
    func messages() {
        var batch = MessageBatch()
        HubRecordWriter.appendPing(to: &batch.bytes)
        batch.endMessage(from: 0, tsRecv: UnixNanoseconds(5))
        batch.endMessage(from: batch.bytes.count, tsRecv: UnixNanoseconds(6))
        #expect(batch.count == 1)
        #expect(batch.payload(at: 0) == Array("{\"type\":6}\u{1E}".utf8))
        #expect(batch.entries.first?.direction == .sent && batch.entries.first?.kind == .text)
    }

    private func written(_ write: (inout [UInt8]) -> Void, _ check: (String) -> Void) throws {
        var output: [UInt8] = []
        write(&output)
        #expect(output.last == HubRecordScanner.separator)
        let text = String(decoding: output.dropLast(), as: UTF8.self)
        try read(text) { #expect($0.type != nil) }
        check(text)
    }

    private func read(_ text: String, _ body: (HubRecord) throws -> Void) throws {
        try Array(text.utf8).withUnsafeBytes { try body(HubRecord($0)) }
    }

    private func string(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
}
