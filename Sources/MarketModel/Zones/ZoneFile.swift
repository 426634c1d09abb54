/// Why a zone's rules could not be read.
package struct ZoneFileError: Error, Hashable, CustomStringConvertible {
    package let description: String
}

/// Reads the system's compiled zone files (RFC 8536, "TZif").
package enum ZoneFile {
    /// Returns the rules in `bytes`, the contents of a zone file; its final POSIX rule is applied until the year 2150.
    package static func rules(named name: String, _ bytes: [UInt8]) throws(ZoneFileError) -> ZoneRules {
        var reader = ZoneReader(bytes)
        var header = try reader.header()
        var timeBytes = 4
        if header.version >= 2 {
            // The first block is for readers of version 1.
            try reader.skip(header.blockBytes(timeBytes: 4))
            header = try reader.header()
            timeBytes = 8
        }
        let times = try (0..<header.timeCount).map { _ throws(ZoneFileError) in try reader.integer(timeBytes) }
        let kinds = try (0..<header.timeCount).map { _ throws(ZoneFileError) in Int(try reader.byte()) }
        var offsets: [Int64] = []
        for _ in 0..<header.kindCount {
            offsets.append(try reader.integer(4))
            try reader.skip(2)
        }
        guard let first = offsets.first, kinds.allSatisfy(offsets.indices.contains) else {
            throw ZoneFileError(description: "a kind of local time is missing")
        }
        var transitions = zip(times, kinds).map {
            ZoneRules.Transition(utcSeconds: $0, offsetSeconds: offsets[$1])
        }
        if header.version >= 2 {
            try reader.skip(header.restBytes(timeBytes: 8))
            try append(try reader.footer(), to: &transitions)
        }
        return ZoneRules(name: name, offsetAtFirst: first, transitions: transitions)
    }

    /// Continues after the last transition with the POSIX rule `text`, such as `EET-2EEST,M3.5.0/3,M10.5.0/4`.
    private static func append(_ text: String, to transitions: inout [ZoneRules.Transition]) throws(ZoneFileError) {
        guard !text.isEmpty else { return }
        guard let rule = PosixZoneRule(text) else {
            throw ZoneFileError(description: "the rule '\(text)' cannot be parsed")
        }
        let last = transitions.last?.utcSeconds ?? .min
        guard let changes = rule.changes else {
            if transitions.isEmpty {
                transitions.append(ZoneRules.Transition(utcSeconds: .min, offsetSeconds: rule.standardOffset))
            }
            return
        }
        for year in 1970...2150 {
            for change in changes {
                guard let seconds = change.utcSeconds(in: year), seconds > last else { continue }
                transitions.append(ZoneRules.Transition(utcSeconds: seconds, offsetSeconds: change.offset))
            }
        }
    }
}

/// Parses a zone file front to back.
private struct ZoneReader {
    struct Header {
        var version: Int
        var utcCount: Int
        var standardCount: Int
        var leapCount: Int
        var timeCount: Int
        var kindCount: Int
        var nameBytes: Int

        func blockBytes(timeBytes: Int) -> Int {
            timeCount * (timeBytes + 1) + kindCount * 6 + restBytes(timeBytes: timeBytes)
        }

        /// Bytes after the kinds of local time.
        func restBytes(timeBytes: Int) -> Int {
            nameBytes + leapCount * (timeBytes + 4) + standardCount + utcCount
        }
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func header() throws(ZoneFileError) -> Header {
        guard bytes.count - position >= 44, Array(bytes[position..<position + 4]) == Array("TZif".utf8) else {
            throw ZoneFileError(description: "it is not a zone file")
        }
        let version = bytes[position + 4]
        position += 20
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(try integer(4))) }
        guard counts.allSatisfy({ (0...1 << 20).contains($0) }) else {
            throw ZoneFileError(description: "it is damaged")
        }
        return Header(
            version: version == 0 ? 1 : Int(version) - 0x30,
            utcCount: counts[0],
            standardCount: counts[1],
            leapCount: counts[2],
            timeCount: counts[3],
            kindCount: counts[4],
            nameBytes: counts[5]
        )
    }

    mutating func skip(_ count: Int) throws(ZoneFileError) {
        guard bytes.count - position >= count else { throw ZoneFileError(description: "it ends early") }
        position += count
    }

    mutating func byte() throws(ZoneFileError) -> UInt8 {
        try skip(1)
        return bytes[position - 1]
    }

    /// Reads a signed big-endian integer.
    mutating func integer(_ count: Int) throws(ZoneFileError) -> Int64 {
        try skip(count)
        let value = bytes[position - count..<position].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - 8 * count)
        return Int64(bitPattern: value << unused) >> Int64(unused)
    }

    /// Reads the line at the end.
    mutating func footer() throws(ZoneFileError) -> String {
        guard try byte() == 0x0A else { throw ZoneFileError(description: "it ends early") }
        return String(decoding: bytes[position...].prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
