extension BinanceSession {
    /// The subscribed streams, in order of subscription.
    package var subscribedStreams: [String] {
        streams.names.map { String(decoding: $0, as: UTF8.self) }
    }
}
