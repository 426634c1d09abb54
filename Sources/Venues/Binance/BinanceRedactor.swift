import JSONScanning
package import MarketModel

/// Removes listen keys, which open the stream of a futures account.
///
/// A key is the value of `listenKey` in an answer over HTTP and in `listenKeyExpired`, or the name of the stream in an
/// envelope. Messages of public streams have neither and are not searched.
package struct BinanceRedactor: MessageRedactor {
    private static let replacement = Array("***".utf8)

    package init() {}

    package func redact(_ batch: inout MessageBatch) {
        batch.replaceMessages { _, payload in
            Self.isPublic(payload) ? nil : JSONText.withPlain(payload) { Self.redacted($0) }
        }
    }

    /// The message without its keys; `nil` if it has none.
    private static func redacted(_ plain: UnsafeRawBufferPointer) -> [UInt8]? {
        let ranges = keyRanges(in: plain) + streamRange(in: plain)
        return ranges.isEmpty ? nil : replace(ranges, in: plain)
    }

    /// True for `{"stream":"btcusdt@trade",…`: the stream is one of the market.
    private static func isPublic(_ payload: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "{\"stream\":\""
        guard payload.hasPrefix(prefix) else { return false }
        let name = payload[prefix.utf8CodeUnitCount...].prefix { $0 != UInt8(ascii: "\"") }
        return isMarket(name)
    }

    private static func isMarket(_ stream: some Collection<UInt8>) -> Bool {
        stream.first == UInt8(ascii: "!") || stream.contains(UInt8(ascii: "@"))
    }

    /// The values of `listenKey`, wherever they are.
    private static func keyRanges(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        ranges(of: Array("\"listenKey\"".utf8), in: text).compactMap { key in
            var position = key.upperBound
            func skip(_ isSkipped: (UInt8) -> Bool) {
                while position < text.count, isSkipped(text[position]) { position += 1 }
            }
            skip { $0 <= 0x20 || $0 == UInt8(ascii: ":") }
            guard position < text.count, text[position] == UInt8(ascii: "\"") else { return nil }
            position += 1
            let start = position
            skip { $0 != UInt8(ascii: "\"") }
            return start < position ? start..<position : nil
        }
    }

    /// The name of the stream in the envelope, if it is not one of the market.
    private static func streamRange(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        var cursor = JSONCursor(text)
        var ranges: [Range<Int>] = []
        do throws(JSONError) {
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                guard key.equals("stream"), value.kind == .string, !isMarket(value.bytes) else { continue }
                let end = cursor.position - 1
                ranges.append(end - value.bytes.count..<end)
            }
        } catch {
            // What cannot be read any further has no envelope that a reader would find.
            return ranges
        }
        return ranges
    }

    private static func ranges(of word: [UInt8], in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard let first = word.first, text.count >= word.count else { return [] }
        var ranges: [Range<Int>] = []
        var position = 0
        while position <= text.count - word.count {
            if text[position] == first, text[position..<position + word.count].elementsEqual(word) {
                ranges.append(position..<position + word.count)
                position += word.count
            } else {
                position += 1
            }
        }
        return ranges
    }

    /// Replaces the ranges, which may overlap.
    private static func replace(_ ranges: [Range<Int>], in text: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        var end = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > end {
            if range.lowerBound >= end {
                output.append(contentsOf: text[end..<range.lowerBound])
                output.append(contentsOf: replacement)
            }
            end = range.upperBound
        }
        output.append(contentsOf: text[end...])
        return output
    }
}
