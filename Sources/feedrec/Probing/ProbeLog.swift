import MarketModel
import Recording
import TextEncoding
import Transport
import Venues
import WebSocketProtocol

/// Writes one line per operation to standard error, with the time of day in UTC.
enum ProbeLog {
    /// Texts that are masked in every line, even if the peer sends them.
    static let secrets = FeedSecrets()

    static func line(_ text: String, at time: UnixNanoseconds = Clocks.wall()) {
        StandardError.write("\(time.iso8601.dropFirst(11).prefix(12)) \(secrets.known.removed(from: text))")
    }

    static func connected(_ info: ConnectionInfo) {
        var parts = ["connected to \(info.remoteAddress ?? "an unknown address")"]
        if let proxy = info.proxy { parts.append("through \(proxy)") }
        if let version = info.tlsVersion {
            parts.append([version, info.cipher].compactMap { $0 }.joined(separator: " "))
        }
        if let subprotocol = info.subprotocol { parts.append("protocol \(subprotocol)") }
        if !info.extensions.isEmpty { parts.append("extensions \(info.extensions.joined(separator: ", "))") }
        let durations = [
            ("connect", info.connectDuration), ("TLS", info.tlsDuration), ("upgrade", info.handshakeDuration),
        ]
        for (name, duration) in durations {
            if let duration { parts.append("\(name) \(text(of: duration))") }
        }
        line(parts.joined(separator: ", "))
    }

    static func event(_ event: ConnectionEvent) {
        switch event.kind {
        case .pingSent(let payload): line("sent ping, \(Counted.text(payload.count, "byte"))", at: event.time)
        case .pingReceived(let payload): line("received ping, \(Counted.text(payload.count, "byte"))", at: event.time)
        case .pongReceived(let payload, let roundTrip):
            let way = roundTrip.map { " after \(text(of: $0))" } ?? ""
            line("received pong, \(Counted.text(payload.count, "byte"))\(way)", at: event.time)
        case .closeSent(let code, let reason): line("sent close \(code)\(quoted(reason))", at: event.time)
        case .closeReceived(let code, let reason): line("received close \(code)\(quoted(reason))", at: event.time)
        }
    }

    static func messages(_ verb: String, _ batch: MessageBatch) {
        for entry in batch.entries {
            line(
                "\(verb) \(entry.kind == .text ? "text" : "binary"), \(Counted.text(entry.length, "byte"))",
                at: entry.tsRecv
            )
        }
    }

    static func closed(_ closing: CloseInfo) {
        let initiator =
            switch closing.initiator {
            case .local: "by us"
            case .remote: "by the peer"
            case .none: "without a close frame"
            }
        line(
            "closed with \(closing.code)\(quoted(closing.reason)) \(initiator)\(closing.error.map { ": \($0)" } ?? "")"
        )
    }

    private static func quoted(_ reason: String) -> String {
        reason.isEmpty ? "" : " '\(reason)'"
    }

    private static func text(of duration: Duration) -> String {
        "\((duration / .microseconds(1) / 10).rounded() / 100) ms"
    }
}
