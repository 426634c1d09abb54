import MarketModel

extension MessageMapping {
    /// Reads the table of a message; `nil` if its kind is not known, with a problem.
    init?(_ table: inout MappingTable) {
        let names = Kind.allCases.map(\.rawValue)
        guard let word = table.text("kind") else {
            if !table.has("kind") { table.problem("", "needs 'kind': one of \(names.joined(separator: ", "))") }
            return nil
        }
        guard let kind = Kind(rawValue: word) else {
            let hint = Suggestion.hint(for: word, among: names)
            table.problem("kind", "is no kind of message\(hint); it is one of \(names.joined(separator: ", "))")
            return nil
        }
        self.kind = kind
        place = table.path
        readMatch(&table)
        for field in kind.fields { fields[field] = table.path(field.key) }
        if kind.fields.contains(.symbol) { readSymbol(&table) }
        if kind.fields.contains(.time) { readTime(&table) }
        if kind.fields.contains(.side) || kind == .book { readSides(&table) }
        switch kind {
        case .trade: isHistory = table.boolean("history")
        case .book: readBook(&table)
        case .event: name = table.text("name") ?? "message"
        case .ping: readAnswer(&table)
        default: break
        }
        for group in kind.required where !group.contains(where: { fields[$0] != nil }) {
            let isSymbol = group == [.symbol]
            if isSymbol, constantSymbol != nil || table.has("symbol") { continue }
            // A path that is wrong has a problem already.
            if group.contains(where: { table.has($0.key) }) { continue }
            let keys = group.map { "'\($0.key)'" } + (isSymbol ? ["'symbol_is'"] : [])
            table.problem("", "a \(kind.rawValue) needs \(keys.joined(separator: " or "))")
        }
        table.finish()
    }

    private mutating func readMatch(_ table: inout MappingTable) {
        text = table.text("text")
        if let value = table.value("match") {
            guard case .table(let members) = value else {
                return table.problem("match", "must be a table of paths and values, { \"path\" = \"value\" }")
            }
            for (path, value) in members.sorted(by: { $0.key < $1.key }) {
                addCondition(path, value, &table)
            }
        }
        for text in table.texts("absent") ?? [] {
            guard let path = MappingPath(text) else {
                table.problem("absent", MappingPath.mistake)
                continue
            }
            conditions.append(MappingCondition(path: path, wanted: .absent))
        }
        if text != nil, !conditions.isEmpty {
            table.problem("text", "is the whole message: it goes with neither 'match' nor 'absent'")
        }
        if text != nil, kind.fields != [], kind.needsJSON {
            table.problem("text", "is for messages without values: ignore, accepted, ping")
        }
    }

    private mutating func addCondition(_ name: String, _ value: MappingValue, _ table: inout MappingTable) {
        guard let path = MappingPath(name) else {
            return table.problem("match.\(name)", "is no path: write it in quotes, as in \"data.type\"")
        }
        guard let texts = MappingTable.texts(value), !texts.isEmpty else {
            let kinds = "a string, a whole number, true, false, or a list of these"
            return table.problem("match.\(name)", "must be \(kinds)")
        }
        if texts == ["*"] { return conditions.append(MappingCondition(path: path, wanted: .present)) }
        let patterns = texts.compactMap { MappingCondition.Pattern($0) }
        guard patterns.count == texts.count else {
            return table.problem("match.\(name)", "may have one '*' in a text")
        }
        conditions.append(MappingCondition(path: path, wanted: .oneOf(patterns)))
    }

    private mutating func readSymbol(_ table: inout MappingTable) {
        constantSymbol = table.text("symbol_is")
        if constantSymbol != nil, fields[.symbol] != nil {
            table.problem("symbol_is", "goes without 'symbol'")
        }
        guard let text = table.text("symbol_pattern") else { return }
        let parts = text.split(separator: "{symbol}", omittingEmptySubsequences: false)
        guard parts.count == 2, !text.contains("*"), fields[.symbol] != nil else {
            return table.problem("symbol_pattern", "must be a text with one {symbol}, and goes with 'symbol'")
        }
        symbolPattern = MappingCondition.Pattern("\(parts[0])*\(parts[1])")
    }

    private mutating func readTime(_ table: inout MappingTable) {
        let unit = table.text("time_unit")
        guard fields[.time] != nil || fields[.next] != nil else {
            if unit != nil, !table.has("time") { table.problem("time_unit", "goes with 'time'") }
            return
        }
        if unit == "iso" {
            timeForm = .iso
        } else if let form = unit.flatMap(UnixTimeUnit.init) {
            timeForm = .number(form)
        } else {
            table.problem("time_unit", "must be \"s\", \"ms\", \"us\", \"ns\" or \"iso\"")
        }
    }

    private mutating func readSides(_ table: inout MappingTable) {
        let (buy, sell) = (table.texts("buy"), table.texts("sell"))
        if (buy == nil) != (sell == nil), !table.has("buy") || !table.has("sell") {
            table.problem(buy == nil ? "sell" : "buy", "needs 'buy' and 'sell': the words for both sides")
        }
        buyWords = buy ?? buyWords
        sellWords = sell ?? sellWords
        if let word = buyWords.first(where: { word in sellWords.contains { $0.lowercased() == word.lowercased() } }) {
            table.problem("sell", "has the word '\(word)' of 'buy'")
        }
        guard kind != .book else { return }
        hasSignedSizes = table.boolean("signed_size")
        if hasSignedSizes, fields[.side] != nil { table.problem("signed_size", "goes without 'side'") }
    }

    private mutating func readBook(_ table: inout MappingTable) {
        switch table.text("update") {
        case "snapshot": book.isSnapshot = true
        case "change": book.isSnapshot = false
        default: table.problem("update", "must be \"snapshot\" or \"change\"")
        }
        book.channel = table.text("channel") ?? book.channel
        book.depth = table.integer("depth", 1...100_000).map(Int.init)
        book.mayCross = table.boolean("may_cross")
        func steps(_ key: String) -> [String]? {
            guard let path = table.path(key) else { return nil }
            if path.depth == 0 { return path.groups[0] }
            table.problem(key, "is a path inside one level, without '*'")
            return nil
        }
        book.price = steps("level_price") ?? book.price
        book.size = steps("level_size") ?? book.size
        book.side = steps("level_side")
        if fields[.levels] != nil, fields[.bids] != nil || fields[.asks] != nil {
            table.problem("levels", "has both sides: it goes with neither 'bids' nor 'asks'")
        }
        if (fields[.levels] != nil) != (book.side != nil) {
            table.problem(
                fields[.levels] == nil ? "level_side" : "levels",
                "goes together with "
                    + (fields[.levels] == nil ? "'levels'" : "'level_side', the side of a level")
            )
        }
        if fields[.previous] != nil || fields[.first] != nil, fields[.last] == nil {
            table.problem("last", "is needed with 'first' or 'previous'")
        }
    }

    private mutating func readAnswer(_ table: inout MappingTable) {
        answer = table.text("answer").map { MappingTemplate($0) }
        for path in answer?.values ?? [] where path.depth > 0 {
            table.problem("answer", "takes the value '\(path.text)', which is in a list")
        }
        if answer?.needsSymbols ?? false { table.problem("answer", "has no {symbol}") }
        if text != nil, answer?.values.isEmpty == false { table.problem("answer", "has no JSON to take a value from") }
    }
}

extension MessageMapping.Kind {
    /// The values that a message of this kind can have.
    var fields: [MessageMapping.Field] {
        switch self {
        case .trade: [.symbol, .price, .size, .side, .time, .id]
        case .quote: [.symbol, .bid, .bidSize, .ask, .askSize, .time, .sequence]
        case .book: [.symbol, .bids, .asks, .levels, .first, .last, .previous, .time]
        case .funding: [.symbol, .value, .time, .next]
        case .mark, .index, .openInterest: [.symbol, .value, .time]
        case .liquidation: [.symbol, .price, .size, .side, .time]
        case .event: [.symbol]
        case .accepted: [.symbol]
        case .refused: [.symbol, .reason]
        case .ignore, .ping: []
        }
    }

    /// The required values of a message of this kind: at least one of each group.
    var required: [[MessageMapping.Field]] {
        switch self {
        case .trade: [[.symbol], [.price], [.size]]
        case .quote: [[.symbol], [.bid, .ask]]
        case .book: [[.symbol], [.bids, .asks, .levels]]
        case .funding, .mark, .index, .openInterest: [[.symbol], [.value]]
        case .liquidation: [[.symbol], [.price], [.size]]
        case .event, .ignore, .accepted, .refused, .ping: []
        }
    }

    /// True if a message of this kind must be JSON, because it has values.
    var needsJSON: Bool { !required.isEmpty || self == .event || self == .refused }

    /// True if a message of this kind has market data.
    var isData: Bool { !required.isEmpty || self == .event }
}
