import Testing
import Venues

struct URLSecretTests {
    private static let key = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"

    @Test("a URL of Binance that names the stream of an account contains a secret")
    func listenKey() {
        let secret = [
            "/ws/KEY", "/private/ws/KEY", "/base/ws/btcusdt@trade/KEY", "/stream?streams=KEY", "/ws?listenKey=KEY",
        ]
        let long = "/stream?streams=\(String(repeating: "a", count: 40))@trade/!miniTicker@arr"
        let harmless = [
            "/", "", "/ws", "/ws/0", "/stream", "/ws/btcusdt@trade", "/market/stream?timeUnit=MICROSECOND", long,
        ]
        for venue in [Venue.binanceSpot, .binanceUSDM] {
            for target in secret.map({ $0.replacing("KEY", with: Self.key) }) {
                #expect(venue.definition.hasSecret(inTarget: target), "\(target)")
            }
            for target in harmless { #expect(!venue.definition.hasSecret(inTarget: target), "\(target)") }
        }
    }
}
