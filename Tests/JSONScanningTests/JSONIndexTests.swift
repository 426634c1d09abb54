import Foundation
import MarketModel
import Testing

@testable import JSONScanning

/// An index must exist for usual texts, and only for valid ones; ``JSONVerdict`` compares what is read with it.
@Suite(.enabled(if: JSONIndex.all.count > 1, "this processor has no instructions for an index"))
struct JSONIndexTests {
    private static func isIndexed(_ text: String) -> [Bool] {
        JSONIndex.all.dropFirst().map { index in
            var index = index
            return Array(text.utf8).withUnsafeBytes { index.tokens(of: $0) != nil }
        }
    }

    @Test(
        "valid objects and arrays without escapes get an index",
        arguments: [
            "{}", "[]", " [ ] ", "[[],{}]", #"{"a":1,"b":[-0.5e+10,true,false,null,""],"":{"c":"d"}}"#,
            "\r\n[\t12345678 , 1234567890123456\n]\n", #"["é😀", 0, 1E5, 12345678901234567890]"#,
            String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
        ]
    )
    func indexed(text: String) {
        #expect(Self.isIndexed(text).allSatisfy { $0 }, "\(text)")
    }

    @Test(
        "other texts get none",
        arguments: [
            "", " ", "1", #""a""#, "true", "{", "[", "]", "}", "{]", "[}", "[1", "[1,]", "[,1]", "[1 2]", "[1]]",
            "[] []",
            #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, #"{1:2}"#, #"{"a":1 "b":2}"#, #"["a"#, #"["\n"]"#,
            "[\"\u{1}\"]", "[\u{B}]", "[01]", "[012345678]", "[-]", "[1.]", "[.5]", "[1e]", "[1e+]", "[+1]", "[tru]",
            "[truex]", "[nulll]", "[Infinity]", "[1:2]", #"["a":1]"#, #"{"a":1]"#, "{[]}", "[1234567890a]",
            "[1234567:]",
            String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
        ]
    )
    func notIndexed(text: String) {
        #expect(Self.isIndexed(text).allSatisfy { !$0 }, "\(text)")
    }

    @Test("the length of a text and the place of its tokens in blocks of 64 bytes do not matter")
    func lengths() {
        for length in 0...300 {
            for space in ["", " ", "\n"] {
                let text = #"[\#(space)"\#(String(repeating: "x", count: length))",\#(space)1234567890,true]\#(space)"#
                let verdict = JSONVerdict(text)
                #expect(verdict.outcome == .bothAccept, "\(length)")
                #expect(Self.isIndexed(text).allSatisfy { $0 }, "\(length)")
                #expect(Self.isIndexed(text + "x").allSatisfy { !$0 }, "\(length)")
            }
        }
    }

    @Test("no byte beside a text is read: the pages before and after it are protected")
    func bounds() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let mapping = mmap(nil, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let memory = try #require(mapping == MAP_FAILED ? nil : mapping)
        defer { munmap(memory, 3 * page) }
        let middle = memory + page
        try #require(mprotect(middle, page, PROT_READ | PROT_WRITE) == 0)
        for length in 1...200 {
            let text = Array("[\"\(String(repeating: "x", count: length))\",-1.5,12345678]".utf8)
            for start in [middle, middle + page - text.count] {
                text.withUnsafeBytes {
                    start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: text.count)
                }
                for index in JSONIndex.all.dropFirst() {
                    var index = index
                    let bytes = UnsafeRawBufferPointer(start: start, count: text.count)
                    #expect(index.tokens(of: bytes) != nil)
                    // A text that ends anywhere is not valid, but must be safe to look at.
                    for end in 0..<text.count {
                        let part = UnsafeRawBufferPointer(start: start, count: end)
                        #expect(index.tokens(of: part) == nil)
                        let rest = UnsafeRawBufferPointer(start: start + end, count: text.count - end)
                        _ = index.tokens(of: rest)
                    }
                }
            }
        }
    }

    @Test("a text gets an index up to a length, even if nearly each of its bytes is a token")
    func limit() {
        for (ones, isIndexed) in [(32_735, true), (32_736, false), (100_000, false)] {
            let text = "[" + String(repeating: "1,", count: ones - 1) + "1]"
            #expect((text.utf8.count <= JSONIndex.capacity - 64) == isIndexed)
            #expect(Self.isIndexed(text).allSatisfy { $0 == isIndexed }, "\(ones)")
            #expect(JSONVerdict(text).outcome == .bothAccept, "\(ones)")
        }
    }

    @Test("a value is read with the index of its text")
    func values() throws {
        var index = JSONIndex()
        let text = Array(#"{"data":{"p":"1.5","list":[1,[2],{"a":3}]},"ts": 17 }"#.utf8)
        try text.withUnsafeBytes { bytes in
            try index.withCursor(bytes) { start in
                var cursor = start
                try cursor.enterObject()
                _ = try cursor.nextKey()
                let data = try cursor.nextValue()
                #expect(JSONCursor(data).token != nil)
                #expect(String(decoding: data.bytes, as: UTF8.self) == #"{"p":"1.5","list":[1,[2],{"a":3}]}"#)
                _ = try cursor.nextKey()
                #expect(try cursor.nextValue().integer == 17)
                #expect(try cursor.nextKey() == nil)
                try cursor.expectEnd()
                var inner = JSONCursor(data)
                try inner.enterObject()
                _ = try inner.nextKey()
                #expect(try inner.nextValue().text == "1.5")
                _ = try inner.nextKey()
                #expect(String(decoding: try inner.nextValue().bytes, as: UTF8.self) == #"[1,[2],{"a":3}]"#)
                #expect(try inner.nextKey() == nil)
                try inner.expectEnd()
            }
        }
    }
}
