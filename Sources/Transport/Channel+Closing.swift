import NIOCore

extension Channel {
    /// Sends what is pending, closes the outgoing half, and the whole channel once the peer has closed its half too or
    /// time is up: `flushTimeout` for sending, then a second for the peer.
    ///
    /// Closing a socket at once while bytes of the peer are unread would reset the connection, and the peer might never
    /// see our last words. Input has to be read and thrown away meanwhile. `hasInputEnded` tells, at any time, whether the
    /// peer has closed its half. Call it on the event loop.
    func closeLingering(flushTimeout: Duration, hasInputEnded: @escaping () -> Bool) {
        closeLater(after: flushTimeout)
        let flushed = eventLoop.makePromise(of: Void.self)
        guard !hasInputEnded() else {
            // NIO would close a channel without input at once, and drop what is pending.
            flushed.futureResult.whenComplete { _ in self.close(promise: nil) }
            return writeAndFlush(ByteBuffer(), promise: flushed)
        }
        flushed.futureResult.assumeIsolated().whenComplete { _ in
            if hasInputEnded() { self.close(promise: nil) } else { self.closeLater(after: .seconds(1)) }
        }
        close(mode: .output, promise: flushed)
    }

    /// Closes the channel after `delay`, unless it is closed before.
    func closeLater(after delay: Duration) {
        let timer = eventLoop.scheduleTask(in: delay.timeAmount) { self.close(promise: nil) }
        closeFuture.whenComplete { _ in timer.cancel() }
    }
}

extension SocketAddress {
    /// `address:port`, an IPv6 address in brackets.
    var authority: String? {
        guard let ipAddress, let port else { return nil }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
