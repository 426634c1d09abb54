import Foundation
import MarketModel
import Synchronization

@testable import Recording

/// Random numbers for tests, from the seed in `FEEDREC_SEED`, or from a random one.
///
/// The seed is printed once. Run the same tests in the same order with it to get the same numbers.
enum TestRandom {
    static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["FEEDREC_SEED"].flatMap { UInt64($0) }
        let seed = given ?? .random(in: 1 ... .max)
        print("FEEDREC_SEED=\(seed)")
        return seed
    }()

    private static let count = Atomic<UInt64>(0)

    /// A source of its own for each caller: recordings of two benches must not get the same journal keys.
    static func source() -> RandomSource {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let numbers = Numbers(seed: seed &+ number &* 0xD1B5_4A32_D192_ED03)
        return RandomSource { numbers.next() }
    }

    private final class Numbers: Sendable {
        private let generator: Mutex<SplitMix64>

        init(seed: UInt64) { generator = Mutex(SplitMix64(seed: seed)) }

        func next() -> UInt64 { generator.withLock { $0.next() } }
    }
}
