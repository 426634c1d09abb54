import Foundation
import MarketModel
import Testing
import Venues

/// The cost of redaction if there is nothing to redact.
///
/// Run it in release mode with FEEDREC_BENCH=1.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["FEEDREC_BENCH"] != nil))
struct MT4RedactorBench {
    @Test("a tick, a SymbolInfo and a margin level have nothing to redact, at low cost")
    func harmless() {
        let tick =
            #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"D7C53A8B-2F6C-4F09-9D2B-0F5A3C1E7A11","tick":{"#
            + #""symbol":"EURUSD","bid":1.08512,"ask":1.08523,"lastTime":"2026-01-05T09:30:00"}}]}|"#
        let margin =
            #"{"type":2,"invocationId":"4","item":{"group":"demo","login":1001,"leverage":100,"updated":0,"balance":10000.5,"#
            + #""equity":9999.5,"volume":110,"margin":5000,"free":-0.25,"level":199.99,"controllingType":"Percent","#
            + #""levelType":"MarginCall"}}|"#
        let info =
            #"{"type":2,"invocationId":"4","item":{"lastTime":"2026-01-05T09:30:00","visible":true,"symbol":"XAUUSD","#
            + #""digits":2,"count":1,"type":3,"point":0.01,"spread":25,"spreadBalance":0,"direction":"Up","updateFlag":1,"#
            + #""bid":2034.1,"ask":2034.35,"high":2040.0,"low":2020.1,"commission":0,"commType":"Money"}}|"#
        for (name, text) in [("tick", tick), ("margin", margin), ("info", info)] {
            var batch = mt4Batch([String](repeating: text, count: 256))
            var redactor = MT4Redactor(keepsPersonalData: false)
            let clock = ContinuousClock()
            var best = Duration.seconds(1)
            for _ in 0..<200 {
                let time = clock.measure { redactor.redact(&batch) }
                best = min(best, time)
            }
            print("\(name): \(text.utf8.count) bytes, \(best / 256) a message")
            #expect(batch.entries.allSatisfy { !$0.isRedacted })
        }
    }
}
