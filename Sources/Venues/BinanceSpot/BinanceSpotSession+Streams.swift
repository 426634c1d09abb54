extension BinanceSpotSession {
    /// The streams subscribed to, in order of subscription.
    package var subscribedStreams: [String] {
        streams.names.map { String(decoding: $0, as: UTF8.self) }
    }
}
