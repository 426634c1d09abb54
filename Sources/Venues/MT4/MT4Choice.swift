/// Which kinds of messages a simulated hub may make for one client, and how often each.
struct MT4Choice: Sendable {
    enum Kind: Sendable {
        case tick
        case ticks
        case marginUpdate
        case symbolInfoItem
        case marginLevelItem
    }

    /// Places of the instruments whose ticks the client subscribed to.
    private(set) var tickInstruments: [Int] = []
    /// Ids of the open streams of quotes, as JSON text.
    private(set) var tickStreams: [[UInt8]] = []
    /// Ids of the open streams of margin levels, as JSON text.
    private(set) var marginStreams: [[UInt8]] = []
    private(set) var weightSum = 0
    private var weights: [(kind: Kind, upTo: Int)] = []

    init() {}

    init(_ wanted: MT4Wanted, instruments: [MT4Instrument]) {
        let symbols = Set(wanted.symbols)
        tickInstruments = instruments.indices.filter { wanted.isAllTicks || symbols.contains(instruments[$0].symbol) }
        if !instruments.isEmpty {
            tickStreams = wanted.streams.filter { $0.kind == .symbolInfo }.map(\.invocationID)
        }
        marginStreams = wanted.streams.filter { $0.kind == .marginLevel }.map(\.invocationID)
        if !tickInstruments.isEmpty {
            add(.tick, 180)
            add(.ticks, 16)
        }
        if !tickStreams.isEmpty { add(.symbolInfoItem, 180) }
        if !marginStreams.isEmpty { add(.marginLevelItem, 24) }
        // Comes to everyone, but a client that waits for something unknown is not to be flooded with it.
        if weightSum > 0 { add(.marginUpdate, 4) }
    }

    /// The kind for a number from 0 up to ``weightSum``.
    func pick(_ number: Int) -> Kind {
        for (kind, upTo) in weights where number < upTo { return kind }
        return .marginUpdate
    }

    private mutating func add(_ kind: Kind, _ weight: Int) {
        weightSum += weight
        weights.append((kind, weightSum))
    }
}
