import MarketModel

/// Divides subscriptions into requests, and finds out what an answer without an argument is about.
enum OKXRequests {
    /// The arguments of one request.
    static let argumentsMax = 50
    /// OKX limits the names of a request to 64 KB, which this leaves room in.
    static let bytesMax = 60_000

    /// The requests that subscribe to `arguments`, numbered from 1.
    static func subscribe(_ arguments: [OKXArgument]) -> [SubscriptionQueue.Request] {
        var requests: [SubscriptionQueue.Request] = []
        var seen: Set<OKXArgument> = []
        let arguments = arguments.filter { seen.insert($0).inserted }
        for start in stride(from: 0, to: arguments.count, by: argumentsMax) {
            let part = arguments[start..<min(start + argumentsMax, arguments.count)]
            let payload = OKXArgument.request("subscribe", part, id: requests.count + 1)
            requests.append(SubscriptionQueue.Request(names: part.map(\.name), payload: payload))
        }
        return requests
    }

    /// True if the text of an error, such as `channel:trades,instId:BTC-USTD doesn't exist`, is about `argument`.
    ///
    /// What follows `doesn't exist` is advice, and may name others.
    static func text(_ reason: String, names argument: OKXArgument) -> Bool {
        let end = reason.firstRange(of: "doesn't exist")?.lowerBound ?? reason.endIndex
        let reason = String(reason[..<end])
        guard let subject = argument.instrument ?? argument.kind else { return names(reason, argument.channel) }
        return names(reason, argument.channel) && names(reason, subject)
    }

    /// True if `word` is in `text`, and is not a part of a longer word.
    private static func names(_ text: String, _ word: String) -> Bool {
        text.split { !($0.isLetter || $0.isNumber || "-_/".contains($0)) }.contains { $0 == word }
    }
}
