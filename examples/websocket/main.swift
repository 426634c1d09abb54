// A program of your own around the product FeedrecWebSocket: sends each line of standard input and prints what comes.
//
//   swift run websocket-example ws://127.0.0.1:9002 [CA.pem]
//
// With no server at hand: swift run feedrec simulate --venue echo --listen 127.0.0.1:9002

import FeedrecWebSocket
import Foundation

/// Writes a line to standard error, or where it is told to, at once.
func say(_ text: String, to file: FileHandle = .standardError) {
    file.write(Data((text + "\n").utf8))
}

guard CommandLine.arguments.count > 1 else {
    say("usage: websocket-example URL [CA.pem]")
    exit(64)
}

/// One value for all attempts: `wss` connections resume their TLS session.
let sessions = WebSocket.Sessions()
var options = WebSocket.Options()
options.sessions = sessions
options.caFile = CommandLine.arguments.dropFirst(2).first
options.pingInterval = .seconds(15)
options.isCompressionOffered = true

/// Connects, trying again as long as that can help.
func connect(to url: String, options: WebSocket.Options) async throws -> WebSocket {
    var delay = Duration.milliseconds(250)
    while true {
        do {
            return try await WebSocket.connect(to: url, options: options)
        } catch {
            guard error.isRetryable, delay < .seconds(5) else { throw error }
            say("\(error), trying again")
            try await Task.sleep(for: delay)
            delay *= 2
        }
    }
}

/// Sends what is typed, and prints what comes until the server closes or the input ends.
func talk(to url: String, options: WebSocket.Options) async throws {
    let socket = try await connect(to: url, options: options)
    say("connected to \(socket.info.remoteAddress ?? "?")\(socket.info.tlsVersion.map { ", \($0)" } ?? "")")
    // Nobody waits for its end: it may be waiting for a line, and then only the end of the program ends it.
    Task.detached {
        while let line = readLine() { try await socket.send(line) }
        // What is on its way back is still received below.
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
