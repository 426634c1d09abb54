import SignalRProtocol
import Testing

struct HubRecordScannerTests {
    @Test("complete records are returned one by one, and the rest is kept")
    func records() {
        check("", [], rest: "")
        check("{}|", ["{}"], rest: "")
        check("{}|{\"type\":6}|", ["{}", "{\"type\":6}"], rest: "")
        check("|||", ["", "", ""], rest: "")
        check("{\"type\":1,\"target\":\"OnTick\"", [], rest: "{\"type\":1,\"target\":\"OnTick\"")
        check("{\"type\":6}|{\"ty", ["{\"type\":6}"], rest: "{\"ty")
    }

    @Test("a separator is found at every offset")
    func offsets() {
        for before in 0..<40 {
            for after in 0..<20 {
                let first = String(repeating: "a", count: before)
                let second = String(repeating: "\u{1F}", count: after)
                check(first + "|" + second, [first], rest: second)
            }
        }
    }

    @Test("the split of the input never changes the records", arguments: 1...12)
    func splits(chunkBytes: Int) {
        let records = [#"{"type":6}"#, "{}", #"{"type":1,"target":"OnTick","arguments":[{}]}"#, ""]
        let stream: [UInt8] = records.flatMap { $0.utf8 + [0x1E] }
        var carry = HubRecordCarry()
        var found: [String] = []
        for start in stride(from: 0, to: stream.count, by: chunkBytes) {
            found += split(Array(stream[start..<min(start + chunkBytes, stream.count)]), &carry).records
        }
        #expect(found == records)
        #expect(!carry.isPending)
    }

    @Test("a record over the limit is dropped once, and the next is read")
    func limit() {
        var carry = HubRecordCarry(bytesMax: 10)
        #expect(split(Array("123456".utf8), &carry).isKept)
        #expect(!split(Array("789012".utf8), &carry).isKept)
        #expect(split(Array("345".utf8), &carry).isKept)
        #expect(carry.isPending)
        let last = split(Array("678\u{1E}{}\u{1E}{".utf8), &carry)
        #expect(last.records == ["{}"])
        #expect(split(Array("}\u{1E}".utf8), &carry).records == ["{}"])
    }

    private func check(_ text: String, _ records: [String], rest: String) {
        let payload = text.utf8.map { $0 == UInt8(ascii: "|") ? 0x1E : $0 }
        payload.withUnsafeBytes { bytes in
            var scanner = HubRecordScanner(bytes)
            var found: [String] = []
            while let record = scanner.next() { found.append(String(decoding: record, as: UTF8.self)) }
            #expect(found == records)
            #expect(String(decoding: scanner.rest, as: UTF8.self) == rest)
        }
    }

    private func split(_ payload: [UInt8], _ carry: inout HubRecordCarry) -> (records: [String], isKept: Bool) {
        payload.withUnsafeBytes { bytes in
            var found: [String] = []
            var scanner = HubRecordScanner(bytes)
            if carry.isPending, case .record(let joined) = carry.finish(with: &scanner) {
                found.append(String(decoding: joined, as: UTF8.self))
            }
            while let record = scanner.next() { found.append(String(decoding: record, as: UTF8.self)) }
            return (found, carry.keep(scanner.rest))
        }
    }
}
