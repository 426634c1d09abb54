import MarketModel
import Transport
import WebSocketProtocol

/// HTTP requests beside a connection: lists of instruments, and snapshots of books.
///
/// The answers become messages of the connection, so that they are journalled, stored and read like all others.
extension FeedRecorder {
    /// Queues the requests for the venue's lists of instruments, if it is time.
    func requestInstruments(_ lane: FeedLane) {
        guard let rest = configuration.rest, !rest.instrumentRequests.isEmpty, elapsed >= lane.instrumentsDueAt else {
            return
        }
        lane.instrumentsDueAt = elapsed + RESTAccess.instrumentPeriod
        for exchange in rest.instrumentRequests { lane.requests.add(exchange) }
    }

    /// Starts the next request of the lane, one at a time, if the venue's pace allows it.
    func fetchIfDue(_ lane: FeedLane) {
        guard !lane.requests.isEmpty, lane.fetching == nil, let connection = lane.connection,
            let rest = configuration.rest, let exchange = lane.requests.next(at: elapsed).map(rest.address),
            rest.pace.takeTurn(exchange.host, interval: rest.interval, at: elapsed)
        else { return }
        lane.requests.started()
        let number = lane.number
        lane.fetching = Task { await fetch(exchange, rest, connection, lane: number) }
    }

    /// Cancels the request under way and waits for its end.
    func endFetching(_ lane: FeedLane) async {
        let isUnanswered = lane.fetching != nil || !lane.requests.isEmpty
        lane.fetching?.cancel()
        await lane.fetching?.value
        lane.fetching = nil
        // The next connection asks again for what did not come.
        if isUnanswered { lane.instrumentsDueAt = .zero }
        lane.requests = RESTQueue()
    }

    private func fetch(
        _ exchange: RESTExchange,
        _ rest: RESTAccess,
        _ connection: WebSocketConnection,
        lane number: Int
    ) async {
        let lane = lanes[number]
        do throws(TransportError) {
            let response = try await rest.fetch(exchange)
            connection.insert(exchange.message(answer: response))
            if Self.isTemporary(response.status) {
                postpone(exchange, response, rest, lane)
            } else {
                lane.requests.succeeded()
            }
        } catch {
            if error.code != .cancelled {
                let text = "\(exchange.method) \(exchange.redactedURL): \(error); trying again"
                report(.notice(configuration.safe(text)))
                lane.requests.failed(exchange, at: elapsed)
            }
        }
        lane.fetching = nil
        fetchIfDue(lane)
    }

    /// True if the venue may give a better answer later: too many requests, a ban, or trouble of its own.
    private static func isTemporary(_ status: Int) -> Bool { status == 429 || status == 418 || status >= 500 }

    private func postpone(
        _ exchange: RESTExchange,
        _ response: HTTPResponse,
        _ rest: RESTAccess,
        _ lane: FeedLane
    ) {
        lane.requests.failed(exchange, at: elapsed)
        var text = "the venue answers \(response.status) to \(exchange.method) \(exchange.redactedURL)"
        if let delay = RetryAfter(response.headers)?.remaining(at: now()) {
            rest.pace.hold(exchange.host, for: delay, from: elapsed)
            text += " and asks us to wait \(Int(delay / .seconds(1))) s"
        }
        report(.notice(configuration.safe(text)))
    }
}
