// An example of the product FeedrecWebSocket: sends each line of standard input and prints received messages.
//
//   swift run websocket-example ws://127.0.0.1:9002 [CA.pem]
//
// If you have no server: swift run feedrec simulate --venue echo --listen 127.0.0.1:9002

import FeedrecWebSocket
import Foundation

/// Writes a line at once, to standard error unless another file is given.
func say(_ text: String, to file: FileHandle = .standardError) {
    file.write(Data((text + "\n").utf8))
}

guard CommandLine.arguments.count > 1 else {
    say("usage: websocket-example URL [CA.pem]")
    exit(64)
}

/// All attempts share this value, so that `wss` connections resume their TLS session.
let sessions = WebSocket.Sessions()
var options = WebSocket.Options()
options.sessions = sessions
options.caFile = CommandLine.arguments.dropFirst(2).first
options.pingInterval = .seconds(15)
options.isCompressionOffered = true

/// Connects, and retries errors that are retryable.
func connect(to url: String, options: WebSocket.Options) async throws -> WebSocket {
    var delay = Duration.milliseconds(250)
    while true {
        do {
            return try await WebSocket.connect(to: url, options: options)
        } catch {
            guard error.isRetryable, delay < .seconds(5) else { throw error }
            say("\(error), retrying")
            try await Task.sleep(for: delay)
            delay *= 2
        }
    }
}

/// Sends input lines, and prints messages until the server closes or the input ends.
func talk(to url: String, options: WebSocket.Options) async throws {
    let socket = try await connect(to: url, options: options)
    say("connected to \(socket.info.remoteAddress ?? "?")\(socket.info.tlsVersion.map { ", \($0)" } ?? "")")
    // This task is not awaited: it may block in readLine() until the program ends.
    Task.detached {
        while let line = readLine() { try await socket.send(line) }
        // Messages in transit are still received below.
        await socket.close()
    }
    for try await message in socket.messages {
        switch message {
        case .text(let text): say(text, to: .standardOutput)
        case .binary(let bytes): say("\(bytes.count) bytes", to: .standardOutput)
        }
    }
    let (statistics, state) = (socket.statistics, socket.state)
    say("\(state), \(statistics.messagesSent) sent, \(statistics.messagesReceived) received")
}

do {
    try await talk(to: CommandLine.arguments[1], options: options)
} catch {
    say("error: \(error)")
    exit(1)
}
