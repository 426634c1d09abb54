import Archive
import Synchronization

/// Numbers the instruments of one recording; all feeds get the same number for the same instrument.
package final class InstrumentNumbers: Sendable {
    private struct Key: Hashable {
        let venue: String
        let instrument: InstrumentBook.Known
    }

    private let writer: ArchiveWriter
    private let known = Mutex<[Key: Int64]>([:])

    /// Knows the instruments of the writer's file and, if it continues another file, those of `earlier`.
    ///
    /// Feeds take their numbers along to the next file, and a feed that joins later must get the same ones.
    init(_ writer: ArchiveWriter, continuing earlier: InstrumentNumbers? = nil) {
        self.writer = writer
        let taken = earlier?.known.withLock(\.self) ?? [:]
        known.withLock { known in
            for row in writer.instruments {
                let instrument = InstrumentBook.Known(
                    symbol: row.symbol,
                    priceDigits: row.priceDigits,
                    sizeDigits: row.sizeDigits
                )
                let key = Key(venue: row.venue, instrument: instrument)
                if known[key] == nil { known[key] = row.instrumentID }
            }
            known.merge(taken) { own, _ in own }
        }
    }

    /// The decimal digits of price times size, by instrument number.
    var notionalDigits: [Int64: UInt8] {
        known.withLock { known in
            let digits = known.map { ($0.value, $0.key.instrument.priceDigits + $0.key.instrument.sizeDigits) }
            return Dictionary(digits, uniquingKeysWith: { first, _ in first })
        }
    }

    func number(of instrument: InstrumentBook.Known, venue: String) -> Int64 {
        known.withLock { known in
            let key = Key(venue: venue, instrument: instrument)
            if let number = known[key] { return number }
            let number = writer.makeInstrumentID()
            known[key] = number
            return number
        }
    }
}
