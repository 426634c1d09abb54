import Testing

@testable import feedrec

struct ReadableUnitsTests {
    @Test(
        "durations are read in the usual forms, and written in the shortest form",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
            ("23h50m", .seconds(85_800)), ("1d", .seconds(86_400)), ("1m30s", .seconds(90)), ("0s", .zero),
        ]
    )
    func durations(text: String, duration: Duration) {
        #expect(ReadableUnits.duration(text) == duration)
        #expect(ReadableUnits.text(of: duration) == text)
    }

    @Test(
        "invalid durations are refused",
        arguments: [
            "", "10", "s", "-1s", "1.5s", "10 s", "30s5m", "1s1s", "99999999999999999999s", "9999999d", "1w", "١s",
        ]
    )
    func badDurations(text: String) {
        #expect(ReadableUnits.duration(text) == nil)
    }

    @Test(
        "sizes are read in powers of two and of ten, and written in the shortest form",
        arguments: [("512B", 512), ("64KiB", 65_536), ("256MiB", 268_435_456), ("1GiB", 1 << 30), ("0B", 0)]
    )
    func sizes(text: String, bytes: Int) {
        #expect(ReadableUnits.bytes(text) == bytes)
        #expect(ReadableUnits.text(ofBytes: bytes) == text)
    }

    @Test("powers of ten are read, and invalid sizes are refused")
    func otherSizes() {
        #expect(ReadableUnits.bytes("10GB") == 10_000_000_000)
        for text in ["", "10", "MiB", "-1MiB", "1.5GiB", "1 GiB", "9999999999999TiB", "1mib"] {
            #expect(ReadableUnits.bytes(text) == nil, "\(text)")
        }
    }
}
