import NIOCore

extension Channel {
    /// Sends the pending bytes, closes the outgoing half, then closes the whole channel once the peer has closed its
    /// half.
    ///
    /// Waits at most `flushTimeout` for sending, then one second for the peer.
    ///
    /// Closing a socket that has unread input resets the connection, and the peer might lose our last bytes. Input must
    /// therefore be read and discarded meanwhile. `hasInputEnded` returns whether the peer has closed its half. Must be
    /// called on the event loop.
    func closeLingering(flushTimeout: Duration, hasInputEnded: @escaping () -> Bool) {
        closeLater(after: flushTimeout)
        let flushed = eventLoop.makePromise(of: Void.self)
        guard !hasInputEnded() else {
            // NIO would close a channel whose input has ended at once, and drop the pending bytes.
            flushed.futureResult.whenComplete { _ in self.close(promise: nil) }
            return writeAndFlush(ByteBuffer(), promise: flushed)
        }
        flushed.futureResult.assumeIsolated().whenComplete { _ in
            if hasInputEnded() { self.close(promise: nil) } else { self.closeLater(after: .seconds(1)) }
        }
        close(mode: .output, promise: flushed)
    }

    /// Closes the channel after `delay`, unless it closes earlier.
    func closeLater(after delay: Duration) {
        let timer = eventLoop.scheduleTask(in: delay.timeAmount) { self.close(promise: nil) }
        closeFuture.whenComplete { _ in timer.cancel() }
    }
}

extension SocketAddress {
    /// `address:port`, with an IPv6 address in brackets.
    var authority: String? {
        guard let ipAddress, let port else { return nil }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
