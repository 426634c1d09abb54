import MarketModel
import OrderBooks
import Testing

struct BookChecksumTests {
    /// A snapshot of ALGO/USD, as the venue sent it.
    private static let snapshot = """
        b 0.12291 27039.62776299,b 0.12290 8136.33288180,b 0.12287 10984.20817349,\
        b 0.12283 28027.05025639,b 0.12280 9705.60000000,b 0.12279 15215.53522714,\
        b 0.12275 4067.00000000,b 0.12274 30639.39949109,b 0.12268 2531.96119986,\
        b 0.12267 16299.00000000,a 0.12307 600.00000000,a 0.12308 4042.11919517,\
        a 0.12312 10284.53891000,a 0.12314 16155.08885299,a 0.12315 5186.05778473,\
        a 0.12316 32828.24000000,a 0.12317 7751.65718582,a 0.12318 32298.82000000,\
        a 0.12319 1864.66899600,a 0.12322 4718.99755630
        """

    @Test func `the sum of ten asks, then ten bids, without points and leading zeros`() throws {
        var script = KeeperScript {
            $0.checksum = .sides
            $0.depth = 10
        }
        #expect(try script.apply(.snapshot, Self.snapshot, checksum: 2_375_857_985) == .state(began: true))
        #expect(try script.apply(.change, "b 0.12275 6597.51731160", checksum: 1_100_635_717) == .state(began: false))
        #expect(!script.keeper.isUnverifiable && script.keeper.counts.checksumsRight == 2)
    }

    @Test func `a wrong checksum ends the book`() throws {
        var script = KeeperScript {
            $0.checksum = .sides
            $0.depth = 10
        }
        try script.apply(.snapshot, Self.snapshot, checksum: 2_375_857_985)
        // One trailing zero is missing.
        #expect(try script.apply(.change, "b 0.12275 6597.5173116", checksum: 1_100_635_717) == .invalidated)
        #expect(script.keeper.invalidity?.reason == .checksum)
        #expect(script.keeper.invalidity?.found == 1_100_635_717)
        #expect(script.keeper.book.isEmpty && script.keeper.counts.checksumsWrong == 1)
        #expect(try script.apply(.snapshot, Self.snapshot, checksum: 1) == .refused)
        #expect(try script.apply(.snapshot, Self.snapshot, checksum: 2_375_857_985) == .state(began: true))
    }

    @Test func `bids and asks in turns, and 0 for no checksum`() throws {
        var script = KeeperScript { $0.checksum = .turns }
        // zlib.crc32(b"3.5:2:4:1.50:3:10:5:0.5:6:7")
        let levels = "b 3.5 2,b 3 10,a 4 1.50,a 5 0.5,a 6 7"
        #expect(try script.apply(.snapshot, levels, checksum: 77_312_073) == .state(began: true))
        #expect(!script.keeper.isUnverifiable)
        #expect(try script.apply(.change, "b 3 11", checksum: 0) == .state(began: false))
        #expect(script.keeper.isUnverifiable && script.keeper.counts.checksumsZero == 1)
        #expect(try script.apply(.change, "b 3 12", checksum: 5) == .invalidated)
    }
}
