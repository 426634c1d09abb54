import JSONScanning
import MarketModel

/// Rewrites JSON with the members of every object in a random order, at every depth.
struct JSONShuffle {
    private var random: SplitMix64
    /// Ends each of several records in one message.
    private static let recordSeparator: UInt8 = 0x1E

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// Returns `message` with shuffled members, or unchanged if it is not JSON.
    mutating func shuffled(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        var start = 0
        while start < message.count {
            let end = message[start...].firstIndex(of: Self.recordSeparator) ?? message.count
            let record = UnsafeRawBufferPointer(rebasing: message[start..<end])
            var written: [UInt8] = []
            do throws(JSONError) {
                var cursor = JSONCursor(record)
                try append(try cursor.nextValue(), to: &written)
                try cursor.expectEnd()
                output += written
            } catch {
                output += record
            }
            if end < message.count { output.append(Self.recordSeparator) }
            start = end + 1
        }
        return output
    }

    private mutating func append(_ value: JSONValue, to output: inout [UInt8]) throws(JSONError) {
        var cursor = JSONCursor(value.bytes)
        switch value.kind {
        case .object:
            var members: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []
            try cursor.enterObject()
            while let key = try cursor.nextKey() { members.append((key, try cursor.nextValue())) }
            members.shuffle(using: &random)
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                appendQuoted(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                try append(member.value, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .array:
            var isFirst = true
            try cursor.enterArray()
            output.append(UInt8(ascii: "["))
            while try cursor.nextElement() {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                try append(try cursor.nextValue(), to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .string: appendQuoted(value.bytes, to: &output)
        default: output.append(contentsOf: value.bytes)
        }
    }

    /// Appends the content of a string as it was written.
    private func appendQuoted(_ content: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        output.append(contentsOf: content)
        output.append(UInt8(ascii: "\""))
    }
}
