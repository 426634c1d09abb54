import MarketModel
import Recording
import Transport
import Venues

/// Compares the symbols that a user asked for with the venue's list of instruments, before anything is recorded.
///
/// A venue ignores a misspelt name, or refuses it in words of its own. If the list is not available in time, the
/// symbols are not checked.
struct SymbolCheck {
    /// The longest wait for a list.
    static let patience = Duration.seconds(5)

    let clock: any Clock<Duration>

    /// Checks all feeds.
    ///
    /// - Returns: Warnings about lists that were not available.
    /// - Throws: `Failure` with every name that a venue does not have, and the nearest name that it has.
    func check(_ feeds: [FeedConfiguration]) async throws -> [String] {
        var lists: [RESTExchange: Answer] = [:]
        var warnings: [String] = []
        var mistakes: [String] = []
        for feed in feeds {
            guard let rest = feed.rest, !feed.market.symbols.isEmpty else { continue }
            var names: Set<String> = []
            var isComplete = !rest.instrumentRequests.isEmpty
            for exchange in rest.instrumentRequests.map(rest.address) {
                let answer: Answer
                if let known = lists[exchange] { answer = known } else { answer = await ask(exchange, rest) }
                lists[exchange] = answer
                switch answer {
                case .list(let body): names.formUnion(Self.names(exchange, body, feed.venue) ?? [])
                case .none: isComplete = false
                case .failed(let reason):
                    isComplete = false
                    let text = "the symbols of feed '\(feed.name)' are not checked: \(exchange.redactedURL): \(reason)"
                    if !warnings.contains(text) { warnings.append(text) }
                }
            }
            guard isComplete, !names.isEmpty else { continue }
            for symbol in feed.market.symbols where !names.contains(symbol) {
                mistakes.append("\(feed.venue) has no symbol '\(symbol)'\(Suggestion.hint(for: symbol, among: names))")
            }
        }
        guard mistakes.isEmpty else {
            throw ConfigurationError(origin: "", mistakes.joined(separator: "\n"))
        }
        return warnings
    }

    private enum Answer: Sendable {
        case list([UInt8])
        /// The server has no such list, as a replay of an older recording.
        case none
        case failed(String)
    }

    private func ask(_ exchange: RESTExchange, _ rest: RESTAccess) async -> Answer {
        await withTaskGroup(of: Answer?.self) { group in
            group.addTask {
                do throws(TransportError) {
                    let response = try await rest.fetch(exchange)
                    if response.status == 200 { return .list(response.body) }
                    return response.status == 404 ? Answer.none : .failed("status \(response.status)")
                } catch {
                    return .failed("\(error)")
                }
            }
            group.addTask { [clock] in
                try? await clock.sleep(for: Self.patience, tolerance: nil)
                return nil
            }
            defer { group.cancelAll() }
            if let answer = await group.next() as? Answer { return answer }
            return .failed("no answer within \(Int(Self.patience / .seconds(1))) s")
        }
    }

    private static func names(_ exchange: RESTExchange, _ body: [UInt8], _ venue: Venue) -> [String]? {
        var exchange = exchange
        exchange.status = 200
        return body.withUnsafeBytes { venue.definition.instrumentNames(exchange, $0) }
    }
}
