import MarketModel

/// How the messages of a feed are asked for and read, as its user describes it; see `docs/venues/json.md`.
///
/// A description with mistakes never becomes a value, wherever it comes from.
package struct FeedMapping: Sendable, Hashable {
    /// A message that is sent repeatedly to keep a connection open.
    struct Ping: Sendable, Hashable {
        let message: MappingTemplate
        let interval: Duration
    }

    /// A mapping that recognises no message.
    static let empty = FeedMapping()

    /// The description, as JSON.
    package let json: String
    private(set) var subscribe: [MappingTemplate] = []
    /// What is sent to get a new snapshot of a book.
    private(set) var repair: [MappingTemplate] = []
    private(set) var ping: Ping?
    /// Messages that may be sent in any second.
    private(set) var pace = 5
    /// The symbols of rows, by the symbols of messages.
    ///
    /// Symbols that are not in it stay as they are.
    private(set) var symbols: [String: String] = [:]
    private(set) var messages: [MessageMapping] = []
    /// The messages, compiled.
    private(set) var plans = MappingPlans()

    private init() { json = "{}" }

    /// Reads a description; see ``MappingValue``.
    ///
    /// - Throws: `MappingMistakes` with every mistake in it.
    package init(json: String) throws(MappingMistakes) {
        self.json = json
        guard case .table(let members)? = MappingValue(json: json) else {
            throw MappingMistakes([MappingProblem(path: "", reason: "must be a table")])
        }
        var table = MappingTable(members, path: "")
        readConnection(&table)
        var problems: [MappingProblem] = []
        if case .list(let list)? = table.value("message"), !list.isEmpty {
            for (index, value) in list.enumerated() { add(value, index, &problems) }
        } else {
            table.problem("message", "must be at least one table: start it with [[feed.mapping.message]]")
        }
        table.finish()
        problems = table.problems + problems
        if problems.isEmpty { plans = MappingPlans(messages, &problems) }
        guard problems.isEmpty else { throw MappingMistakes(problems) }
    }

    /// Equal descriptions give equal mappings.
    package static func == (left: FeedMapping, right: FeedMapping) -> Bool { left.json == right.json }

    package func hash(into hasher: inout Hasher) { hasher.combine(json) }

    private mutating func readConnection(_ table: inout MappingTable) {
        subscribe = (table.texts("subscribe") ?? []).map { MappingTemplate($0) }
        repair = (table.texts("repair") ?? []).map { MappingTemplate($0) }
        for (key, templates) in [("subscribe", subscribe), ("repair", repair)]
        where templates.contains(where: { !$0.values.isEmpty }) {
            table.problem(key, "has no message to take a {value:…} from")
        }
        pace = table.integer("pace", 1...1000).map(Int.init) ?? pace
        readSymbols(&table)
        guard let value = table.value("ping") else { return }
        guard case .table(let members) = value else { return table.problem("ping", "must be a table") }
        var own = MappingTable(members, path: "ping")
        let text = own.text("send")
        let seconds = own.integer("seconds", 1...86_400)
        own.finish()
        table.adopt(own)
        guard let text, let seconds else {
            if own.problems.isEmpty { table.problem("ping", "needs 'send', a message, and 'seconds'") }
            return
        }
        let message = MappingTemplate(text)
        if message.parts.contains(.symbol) || !message.values.isEmpty {
            table.problem("ping.send", "cannot have {symbol} or {value:…}: it is sent for the whole connection")
        }
        ping = Ping(message: message, interval: .seconds(seconds))
    }

    private mutating func readSymbols(_ table: inout MappingTable) {
        guard let value = table.value("symbols") else { return }
        guard case .table(let members) = value else { return table.problem("symbols", "must be a table") }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if case .text(let text) = value, !text.isEmpty {
                symbols[name] = text
            } else {
                table.problem("symbols.\(name)", "must be a non-empty string")
            }
        }
    }

    private mutating func add(_ value: MappingValue, _ index: Int, _ problems: inout [MappingProblem]) {
        let path = "message[\(index)]"
        guard case .table(let members) = value else {
            problems.append(MappingProblem(path: path, reason: "must be a table"))
            return
        }
        var table = MappingTable(members, path: path)
        if let message = MessageMapping(&table) { messages.append(message) }
        problems += table.problems
    }

    /// True if the venue acknowledges subscriptions.
    var hasAcknowledgements: Bool { messages.contains { $0.kind == .accepted } }

    /// The symbols in rows that do not depend on the messages.
    var constantSymbols: Set<String> { Set(messages.compactMap(\.constantSymbol)) }

    /// The symbol of rows for a symbol of the venue.
    func stored(_ symbol: String) -> String { symbols[symbol] ?? symbol }
}
