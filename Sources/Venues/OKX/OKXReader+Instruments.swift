import JSONScanning
import MarketModel

extension OKXReader {
    /// Appends the details of each instrument in an answer; the latest details of an instrument count.
    ///
    /// - Throws: `JSONError` if the answer has no list of instruments.
    mutating func readInstruments(
        _ answer: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var found: [InstrumentDetails] = []
        var symbols = symbols
        try OKXInstruments.forEach(in: answer) { object, fields in
            guard let name = fields.text("instId") else { return }
            var details = InstrumentDetails(
                origin: origin,
                symbol: symbols.intern(name),
                priceDigits: OKXInstruments.priceDigits(tickSize: fields.text("tickSz")),
                json: Array(object.bytes)
            )
            details.isListed = true
            details.terms = OKXInstruments.terms(fields)
            found.append(details)
        }
        self.symbols = symbols
        events.instrumentDetails += found
    }
}
