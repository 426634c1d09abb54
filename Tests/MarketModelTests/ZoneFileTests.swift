import Foundation
import MarketModel
import Testing

struct ZoneFileTests {
    /// A minimal zone file: no transitions, only the rule for all years.
    private func slim(_ rule: String, offset: Int32) -> [UInt8] {
        func number(_ value: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        let head = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
        let counts = [0, 0, 0, 0, 1, 4].flatMap(number)
        let body = number(offset) + [0, 0] + Array("EET\0".utf8)
        return head + counts + body + head + counts + body + [0x0A] + Array(rule.utf8) + [0x0A]
    }

    @Test("the rule at the end of a file applies to all years")
    func footer() throws {
        let rules = try ZoneFile.rules(named: "x", slim("EET-2EEST,M3.5.0/3,M10.5.0/4", offset: 7200))
        for (text, offset) in [
            ("2023-03-26T00:59:59", 7200), ("2023-03-26T01:00:00", 10_800), ("2023-10-29T00:59:59", 10_800),
            ("2023-10-29T01:00:00", 7200), ("2100-07-01T00:00:00", 10_800), ("2100-01-01T00:00:00", 7200),
        ] as [(String, Int64)] {
            let time = try #require(UnixNanoseconds(iso8601: text))
            #expect(rules.offset(atUTC: time.rawValue / 1_000_000_000) == offset, "\(text)")
        }
        #expect(try ZoneFile.rules(named: "x", slim("<+03>-3", offset: 10_800)).offset(atUTC: 0) == 10_800)
        // South of the equator summer spans the new year; also tests minutes and names in brackets.
        let south = try ZoneFile.rules(named: "x", slim("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", offset: 37_800))
        #expect(south.offset(atUTC: 1_704_067_200) == 39_600 && south.offset(atUTC: 1_688_169_600) == 37_800)
    }

    @Test("every truncated file is an error or gives rules, never a trap")
    func truncated() {
        let whole = slim("EET-2EEST,M3.5.0/3,M10.5.0/4", offset: 7200)
        for count in whole.indices { _ = try? ZoneFile.rules(named: "x", Array(whole[..<count])) }
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 0xFF
            _ = try? ZoneFile.rules(named: "x", bytes)
        }
    }

    @Test(
        "the system's own rules for Athens",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Athens"))
    )
    func system() throws {
        let data = try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Athens"))
        let rules = try ZoneFile.rules(named: "Europe/Athens", Array(data))
        for (text, offset) in [
            ("1990-01-01T00:00:00", 7200), ("2023-07-01T00:00:00", 10_800), ("2023-12-01T00:00:00", 7200),
            ("2060-07-01T00:00:00", 10_800),
        ] as [(String, Int64)] {
            let time = try #require(UnixNanoseconds(iso8601: text))
            #expect(rules.offset(atUTC: time.rawValue / 1_000_000_000) == offset, "\(text)")
        }
    }
}
