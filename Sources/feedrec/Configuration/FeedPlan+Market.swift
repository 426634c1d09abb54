import JSONScanning
import MarketModel
import Recording
import Venues

/// A mistake in the sessions of a feed.
struct MarketMistake: Error {
    let key: String
    let text: String
}

extension FeedPlan {
    /// The opening times of the feed's markets, as far as they are configured.
    func marketRules() throws(MarketMistake) -> MarketRules {
        var rules = MarketRules()
        rules.warmUp = warmUp
        let namedSymbols = (try? venuePlan())?.namedSymbols ?? []
        rules.symbols = namedSymbols
        if !sessions.isEmpty {
            rules.calendar = try Self.calendar(sessions, holidays, key: "sessions")
        } else if !holidays.isEmpty {
            throw MarketMistake(key: "holidays", text: "'holidays' need 'sessions', which give the time zone")
        }
        for (symbol, texts) in symbolSessions.sorted(by: { $0.key < $1.key }) {
            guard namedSymbols.isEmpty || namedSymbols.contains(symbol) else {
                throw MarketMistake(
                    key: "symbol_sessions",
                    text: "'symbol_sessions' names '\(symbol)', which is not among 'symbols'"
                )
            }
            rules.calendarOfSymbol[symbol] = try Self.calendar(texts, [], key: "symbol_sessions")
        }
        return rules
    }

    /// Says what is wrong with the sessions, or what of them is likely a mistake.
    func checkMarket(_ reader: OptionReader) {
        do throws(MarketMistake) { _ = try marketRules() } catch {
            return reader.problem(error.key, "\(error.text) (feed '\(name)')")
        }
        for remark in TradingSchedule.remarks(sessions: sessions, holidays: holidays) {
            let key = remark.hasPrefix("the holiday") ? "holidays" : "sessions"
            reader.warning(key, "'\(key)': \(remark) (feed '\(name)')")
        }
        for (symbol, texts) in symbolSessions.sorted(by: { $0.key < $1.key }) {
            for remark in TradingSchedule.remarks(sessions: texts, holidays: []) {
                reader.warning("symbol_sessions", "'symbol_sessions' of '\(symbol)': \(remark) (feed '\(name)')")
            }
        }
    }

    private static func calendar(
        _ sessions: [String],
        _ holidays: [String],
        key: String
    ) throws(MarketMistake) -> MarketCalendar {
        // Parse the sessions alone first, so that the error names the right list.
        _ = try schedule(sessions, [], key: key)
        return MarketCalendar([try schedule(sessions, holidays, key: "holidays")])
    }

    private static func schedule(
        _ sessions: [String],
        _ holidays: [String],
        key: String
    ) throws(MarketMistake) -> TradingSchedule {
        do throws(TradingSchedule.TextError) {
            return try TradingSchedule(sessions: sessions, holidays: holidays, zones: BrokerTimeZone.lookup)
        } catch {
            throw MarketMistake(key: key, text: "'\(key)': \(error)")
        }
    }
}

extension OptionType where Value == [String: [String]] {
    /// Sessions by symbol.
    static let symbolSessions = OptionType(
        #"a table of lists, { "BTCUSD" = ["Mon-Sun 00:00-24:00 UTC"] }"#,
        read: { value in
            guard case .table(let members) = value else { return nil }
            let lists = members.compactMapValues { OptionType<[String]>.texts.read($0.value) }
            return lists.count == members.count ? lists : nil
        },
        parse: { _ in nil },
        write: { lists in
            let members = lists.sorted { $0.key < $1.key }.map {
                "\(JSONText.quoted($0.key)) = \(OptionType<[String]>.texts.write($0.value))"
            }
            return members.isEmpty ? "{}" : "{ \(members.joined(separator: ", ")) }"
        }
    )
}
