import JSONScanning

/// The symbols to which something applies, such as those whose ticks a feed requests.
package enum SymbolSelection: Sendable, Hashable {
    case none
    /// Symbols by name, spelled so that equal symbols are equal texts.
    case some(Set<String>)
    case all

    /// These symbols; ``none`` if there are none.
    package init(_ symbols: some Sequence<String>) {
        let symbols = Set(symbols)
        self = symbols.isEmpty ? .none : .some(symbols)
    }

    /// True if both have a symbol in common.
    package func overlaps(_ other: SymbolSelection) -> Bool {
        switch (self, other) {
        case (.none, _), (_, .none): false
        case (.all, _), (_, .all): true
        case (.some(let symbols), .some(let others)): !symbols.isDisjoint(with: others)
        }
    }

    package func contains(_ symbol: String) -> Bool {
        switch self {
        case .none: false
        case .some(let symbols): symbols.contains(symbol)
        case .all: true
        }
    }

    /// The symbols of both.
    package func union(_ other: SymbolSelection) -> SymbolSelection {
        switch (self, other) {
        case (.none, let selection), (let selection, .none): selection
        case (.all, _), (_, .all): .all
        case (.some(let symbols), .some(let others)): .some(symbols.union(others))
        }
    }

    /// The symbols that are not in `other`; ``all`` stays the same unless `other` is ``all`` too.
    package func subtracting(_ other: SymbolSelection) -> SymbolSelection {
        switch (self, other) {
        case (.none, _), (_, .all): .none
        case (_, .none), (.all, _): self
        case (.some(let symbols), .some(let others)): SymbolSelection(symbols.subtracting(others))
        }
    }
}

extension SymbolSelection {
    /// `true` for all symbols, otherwise a sorted list; `nil` for none.
    package var json: String? {
        switch self {
        case .none: nil
        case .some(let symbols): JSONText.list(symbols.sorted())
        case .all: "true"
        }
    }

    /// Reads ``json`` as SQL's operator `->>` returns it: `1` for true.
    ///
    /// Anything else selects nothing.
    package init(storedJSON text: String?) {
        switch text {
        case nil: self = .none
        case "1": self = .all
        case .some(let text): self.init((try? Self.symbols(text)) ?? [])
        }
    }

    private static func symbols(_ text: String) throws -> [String] {
        var text = text
        return try text.withUTF8 { bytes in
            var symbols: [String] = []
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            try cursor.enterArray()
            while try cursor.nextElement() {
                if let symbol = try cursor.nextValue().text { symbols.append(symbol) }
            }
            return symbols
        }
    }
}
