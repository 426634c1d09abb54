import Foundation
import Interchange
import MarketModel
import Testing

struct LineReaderTests {
    @Test(
        "the lines are the same for every compression of the file",
        arguments: ["binance-spot.ns.txt", "binance-spot.ns.two-members.gz", "binance-spot.ns.two-frames.zst"]
    )
    func compression(name: String) throws {
        let plain = try Excerpt.bytes("binance-spot.ns.txt").split(separator: 0x0A).map(Array.init)
        let (lines, error) = lines(of: Excerpt.path(name))
        #expect(error == nil && lines.count == 80 && lines == plain)
    }

    @Test(
        "lines end in LF or CR LF, and the last one may end with the file",
        arguments: [
            ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb\rc\n\n\r\nd\r", ["a", "b\rc", "", "", "d"]),
            ("\r\n", [""]), ("\r", [""]), ("a\n\nb", ["a", "", "b"]),
        ]
    )
    func lineEnds(text: String, expected: [String]) throws {
        try withFile(text.utf8) { path in
            let (lines, error) = lines(of: path)
            #expect(error == nil && lines == expected.map { Array($0.utf8) })
        }
    }

    @Test("lines of any length are returned complete, across all reads of the file")
    func lengths() throws {
        var generator = SplitMix64(seed: 11)
        let expected = (0..<60).map { _ in
            let bytesMax = [3, 70_000, 600_000][Int.random(in: 0..<3, using: &generator)]
            return [UInt8](
                repeating: UInt8.random(in: 0x20...0x7E, using: &generator),
                count: Int.random(in: 0...bytesMax, using: &generator)
            )
        }
        try withFile(expected.joined(separator: [0x0A])) { path in
            let (lines, error) = lines(of: path)
            #expect(error == nil && lines == expected, "seed 11")
        }
    }

    @Test("a line over the limit is an error that names the line", arguments: ["", "\n", "\nmore\n"])
    func lineLimit(tail: String) throws {
        try withFile("ab\n12345678\n123456789\(tail)".utf8) { path in
            let (lines, error) = lines(of: path, lineBytesMax: 8)
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["ab", "12345678"])
            #expect(error?.code == .lineTooLong && error?.place == .line(3))
            #expect(error?.description == "a line longer than 8 bytes (line 3 of '\(path)')")
        }
    }

    @Test(
        "a truncated compressed file gives its complete lines, then an error",
        arguments: ["binance-spot.ns.two-members.gz", "binance-spot.ns.two-frames.zst"]
    )
    func truncated(name: String) throws {
        let compressed = try Excerpt.bytes(name)
        let plain = try Excerpt.bytes("binance-spot.ns.txt").split(separator: 0x0A).map(Array.init)
        var wholeFiles = 0
        try withFile(compressed) { path in
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            for count in (4..<compressed.count).reversed() {
                try file.truncate(atOffset: UInt64(count))
                let (lines, error) = lines(of: path)
                #expect(lines == Array(plain.prefix(lines.count)), "cut at \(count)")
                if error == nil {
                    // A cut between two members leaves a complete file.
                    #expect(lines.count == 40)
                    wholeFiles += 1
                } else {
                    #expect(
                        error?.code == .truncatedCompression && error?.place == .byte(Int64(count)),
                        "cut at \(count)"
                    )
                    #expect(error?.description.contains("the file is truncated") == true)
                }
            }
        }
        #expect(wholeFiles == 1)
        try withFile(compressed.dropLast()) { path in #expect(lines(of: path).lines.count >= 79) }
    }

    @Test(
        "a corrupt compressed file gives only correct lines, then an error",
        arguments: ["binance-spot.ns.two-members.gz", "binance-spot.ns.two-frames.zst"]
    )
    func corrupt(name: String) throws {
        let compressed = try Excerpt.bytes(name)
        var failures = 0
        try withFile(compressed) { path in
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            for position in stride(from: 4, to: compressed.count, by: 3) {
                for change in [0x10, 0] as [UInt8] {
                    try file.seek(toOffset: UInt64(position))
                    try file.write(contentsOf: [compressed[position] ^ change])
                    if change != 0, lines(of: path).error != nil { failures += 1 }
                }
            }
        }
        #expect(failures > compressed.count / 4)
        try withFile(compressed + Array("garbage".utf8)) { path in
            let (lines, error) = lines(of: path)
            #expect(lines.count == 80 && error?.code == .corruptCompression)
        }
    }

    @Test("zeros after the last gzip member are padding")
    func gzipPadding() throws {
        try withFile(try Excerpt.bytes("binance-spot.ns.two-members.gz") + [0, 0, 0]) { path in
            let (lines, error) = lines(of: path)
            #expect(lines.count == 80 && error == nil)
        }
    }

    @Test("the error for an unreadable file says why")
    func unreadable() {
        #expect(
            lines(of: "/nonexistent/x").error?.description
                == "cannot open: no such file or directory ('/nonexistent/x')"
        )
        #expect(lines(of: "/").error?.description == "cannot read: is a directory (at byte 0 of '/')")
    }
}
