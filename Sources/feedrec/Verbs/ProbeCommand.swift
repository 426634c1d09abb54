import ArgumentParser
import MarketModel
import Transport
import WebSocketProtocol

struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Talk to a WebSocket server by hand.",
        discussion: """
            Without --echo, lines of standard input are sent as text, and what arrives is printed; the end of the input \
            closes the connection.

              feedrec probe ws://127.0.0.1:9002/
              feedrec probe --echo ws://127.0.0.1:9002/runCase?case=1
            """
    )

    @Argument(help: "Where to connect: ws:// or wss://.")
    var url: String

    @Flag(help: "Send every message back until the peer closes.")
    var echo = false

    @Option(help: "Trust the certificate authorities of this PEM file instead of the system's.")
    var caFile: String?

    @OptionGroup var tokens: TokenOptions

    func run() async throws {
        var configuration = WebSocketClient.Configuration(url: try WebSocketURL(url))
        configuration.caFile = caFile
        // The peer decides how long a message is: this is a tool to try servers with.
        configuration.limits.messageBytesMax = 256 << 20
        configuration.limits.frameBytesMax = 256 << 20
        if let token = try tokens.token() { configuration.headers.append("Authorization", "Bearer \(token)") }
        let options = configuration
        try await withEventLoop { group in
            let connection = try await WebSocketClient.connect(options, group: group, now: Clocks.wall)
            if echo { await Self.echo(over: connection) } else { try await Self.converse(over: connection) }
            let closing = await connection.close()
            StandardError.write("feedrec: closed with \(closing.code)" + (closing.error.map { ": \($0)" } ?? ""))
        }
    }

    private static func echo(over connection: WebSocketConnection) async {
        while let batch = try? await connection.receive() {
            guard (try? await connection.send(batch)) != nil else { return }
        }
    }

    /// Prints what comes while a second task sends the lines of standard input.
    private static func converse(over connection: WebSocketConnection) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await StandardInput().forEachLine { line in
                    var message = MessageBatch()
                    message.append(line.utf8, direction: .sent, tsRecv: Clocks.wall())
                    try await connection.send(message)
                }
                if !Task.isCancelled { connection.beginClose() }
            }
            var output = StandardOutput()
            while let batch = try await connection.receive() {
                for index in 0..<batch.count {
                    try output.write(batch.payload(at: index))
                    try output.write("\n")
                }
                try output.flush()
            }
            group.cancelAll()
        }
    }
}
