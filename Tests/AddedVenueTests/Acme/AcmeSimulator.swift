import MarketModel
import Venues

/// Generates trades at random prices: the same seed gives the same bytes.
struct AcmeSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private var random: SplitMix64
    private var count: Int64 = 0

    init(_ setting: SimulationSetting) {
        self.setting = setting
        random = SplitMix64(seed: setting.seed)
    }

    mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let symbols = (session as? AcmeSession)?.wanted, !symbols.isEmpty else { return 0 }
        for _ in 0..<count {
            let time = setting.time(ofMessage: self.count)
            let symbol = symbols[Int(self.count) % symbols.count]
            // Each symbol has its own numbers, without gaps.
            let id = 1 + self.count / Int64(symbols.count)
            let price = "\(100 + random.next() % 10).\(random.next() % 10)"
            let text =
                #"{"symbol":"\#(symbol)","id":\#(id),"price":"\#(price)","size":"1","time":"#
                + "\(time.rawValue / 1_000_000)}"
            batch.append(text.utf8, direction: .received, tsRecv: time)
            self.count += 1
        }
        return count
    }
}
