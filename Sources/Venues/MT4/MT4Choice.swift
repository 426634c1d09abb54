/// The kinds of messages that a simulated hub may send to one client, and their frequencies.
struct MT4Choice: Sendable {
    enum Kind: Sendable {
        case tick
        case ticks
        case ticksOHLC
        case marginUpdate
        case symbolUpdate
        case onlineUpdate
        case debug
        case unknown
        case connectionStatus
        case symbolInfoItem
        case marginLevelItem
        case tradeItem
        case userUpdateItem

        /// True for messages that stop while the hub has lost its MT4 server.
        var isQuote: Bool {
            switch self {
            case .tick, .ticks, .ticksOHLC, .symbolInfoItem: true
            default: false
            }
        }
    }

    /// Positions of the instruments whose ticks the client subscribed to.
    private(set) var tickInstruments: [Int] = []
    private(set) var weightSum = 0
    /// IDs of the open streams, as JSON text.
    private var streams: [MT4ItemKind: [[UInt8]]] = [:]
    private var weights: [(kind: Kind, upTo: Int)] = []

    init() {}

    init(_ wanted: MT4Wanted, instruments: [MT4Instrument], hasOutages: Bool) {
        let symbols = Set(wanted.symbols)
        tickInstruments = instruments.indices.filter { wanted.isAllTicks || symbols.contains(instruments[$0].symbol) }
        for stream in wanted.streams
        where stream.kind == .marginLevel || stream.kind == .userUpdate || !instruments.isEmpty {
            streams[stream.kind, default: []].append(stream.invocationID)
        }
        if !tickInstruments.isEmpty {
            add(.tick, 180)
            add(.ticks, 16)
            add(.ticksOHLC, 4)
        }
        if streams[.symbolInfo] != nil { add(.symbolInfoItem, 180) }
        if streams[.marginLevel] != nil { add(.marginLevelItem, 24) }
        if streams[.trade] != nil { add(.tradeItem, 24) }
        if streams[.userUpdate] != nil { add(.userUpdateItem, 6) }
        if wanted.isSymbolUpdates, !instruments.isEmpty { add(.symbolUpdate, 3) }
        if wanted.isOnlineUpdates { add(.onlineUpdate, 4) }
        // These messages go to every client, but a client with an unknown subscription must not be flooded with them.
        guard weightSum > 0 else { return }
        add(.marginUpdate, 4)
        add(.debug, 1)
        add(.unknown, 1)
        if hasOutages { add(.connectionStatus, 1) }
    }

    /// Returns the kind for a number from 0 to below ``weightSum``.
    func pick(_ number: Int) -> Kind {
        for (kind, upTo) in weights where number < upTo { return kind }
        return .marginUpdate
    }

    /// Returns the IDs of the open streams of a kind.
    func streams(of kind: MT4ItemKind) -> [[UInt8]] { streams[kind] ?? [] }

    /// The IDs of all open streams, in the order of their kinds.
    var allStreams: [[UInt8]] { MT4ItemKind.allCases.flatMap(streams) }

    private mutating func add(_ kind: Kind, _ weight: Int) {
        weightSum += weight
        weights.append((kind, weightSum))
    }
}
