import ArgumentParser
import Foundation
import MarketModel
import Recording
import Transport
import WebSocketProtocol

struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Talk to a WebSocket server by hand.",
        discussion: """
            Sends each line of standard input as a text message and prints what arrives. The end of the input closes \
            the connection. Standard error gets one line, with the time, for each operation.

              feedrec probe ws://127.0.0.1:9002/
              echo hello | feedrec probe --header 'X-Test: 1' ws://127.0.0.1:9002/
              feedrec probe --echo 'ws://127.0.0.1:9002/runCase?case=1'
            """
    )

    @Argument(help: "Where to connect: ws:// or wss://.")
    var url: String

    @Flag(help: "Send every message back until the peer closes.")
    var echo = false

    @Flag(help: "Send lines as binary messages instead of text.")
    var binary = false

    @Flag(help: "Send a ping before anything else.")
    var ping = false

    @Option(name: .customLong("header"), help: "A header for the handshake, 'NAME: VALUE'; may be repeated.")
    var headers: [String] = []

    @Option(name: .customLong("protocol"), help: "A subprotocol to offer; may be repeated.")
    var subprotocols: [String] = []

    // The limit is high because the peer decides how long a message is, and this is a tool for trying out servers.
    @Option(help: ArgumentHelp("The longest message to accept, such as 65536 or 16MiB.", valueName: "size"))
    var messageLimit = ByteCountArgument(256 << 20)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Connection") var connecting: ConnectingOptions
    @OptionGroup(title: "Connection") var liveness: LivenessOptions<OrdinaryLiveness>
    @OptionGroup(title: "Connection") var limits: LimitOptions
    @OptionGroup var access: AccessOptions
    @OptionGroup var hub: HubClientOptions

    private var client: ClientSettings {
        ClientOptions(connection: connection, connecting: connecting, liveness: liveness, limits: limits)
            .settings(messageBytesMax: messageLimit.bytes)
    }

    func validate() throws {
        for header in headers where Self.field(header) == nil {
            throw ValidationError("--header must be 'NAME: VALUE', not '\(header)'")
        }
    }

    func run() async throws {
        let target = try WebSocketURL(url)
        var configuration = try client.configuration(url: target)
        configuration.subprotocols = subprotocols
        configuration.recordsEvents = true
        for (name, value) in headers.compactMap(Self.field) { configuration.headers.append(name, value) }
        let options = configuration
        let credentials = access.credentials(ProcessInfo.processInfo.environment)
        ProbeLog.line("connecting to \(target.redacted)")
        try await withEventLoop { group in
            let token = try credentials.tokenSource(client, ProbeLog.secrets, group)
            var connector = VenueConnector(options, hub: hub.hub, token: token.read, group: group)
            connector.secrets = ProbeLog.secrets
            connector.secretHeaders = credentials.resolvedHeaders
            let connection = try await connector.connect()
            ProbeLog.connected(connection.info)
            let conversation = ProbeConversation(
                connection: connection,
                kind: binary ? .binary : .text,
                isQuiet: echo
            )
            if ping { connection.ping() }
            if echo {
                await connection.onEventLoop { await conversation.echo() }
            } else {
                try await conversation.talk()
            }
            ProbeLog.closed(await connection.close())
        }
    }

    private static func field(_ header: String) -> (name: String, value: String)? {
        let parts = header.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, HTTPHeaders.isToken(String(parts[0])) else { return nil }
        return (String(parts[0]), parts[1].drop { $0 == " " }.description)
    }
}
