import MarketModel

/// How the messages of a feed are asked for and read, as its user describes it; see `docs/venues/json.md`.
struct FeedMapping: Sendable, Hashable {
    /// A message that is sent repeatedly to keep a connection open.
    struct Ping: Sendable, Hashable {
        let message: MappingTemplate
        let interval: Duration
    }

    var subscribe: [MappingTemplate] = []
    /// What is sent to get a new snapshot of a book.
    var repair: [MappingTemplate] = []
    var ping: Ping?
    /// Messages that may be sent in any second.
    var pace = 5
    /// The symbols of rows, by the symbols of messages.
    ///
    /// Symbols that are not in it stay as they are.
    var symbols: [String: String] = [:]
    var messages: [MessageMapping] = []

    init() {}

    /// Reads a mapping; see ``MappingValue``.
    ///
    /// - Returns: The mapping, which is usable only without problems, and every mistake in it.
    static func read(_ json: String) -> (mapping: FeedMapping, problems: [MappingProblem]) {
        guard case .table(let members)? = MappingValue(json: json) else {
            return (FeedMapping(), [MappingProblem(path: "", reason: "must be a table")])
        }
        var mapping = FeedMapping()
        var table = MappingTable(members, path: "")
        mapping.readConnection(&table)
        var problems: [MappingProblem] = []
        if case .list(let list)? = table.value("message"), !list.isEmpty {
            for (index, value) in list.enumerated() { mapping.add(value, index, &problems) }
        } else {
            table.problem("message", "must be at least one table: start it with [[feed.mapping.message]]")
        }
        table.finish()
        problems = table.problems + problems
        if problems.isEmpty { problems = MappingReader.problems(of: mapping) }
        return (mapping, problems)
    }

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
