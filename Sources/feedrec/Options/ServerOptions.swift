import ArgumentParser
import TLSEngine
import Transport
import WebSocketProtocol

/// The options of a server; see ``ClientOptions`` for why this is not an option group.
struct ServerOptions<Defaults: LivenessDefaults> {
    let security: ServerSecurity
    let requests: RequestOptions
    let liveness: LivenessOptions<Defaults>
    let limits: LimitOptions

    /// Listens, prints the URL on standard output, and serves until SIGINT or SIGTERM.
    ///
    /// The example paths are printed on standard error, as URLs for people to try.
    ///
    /// An address that other machines can reach needs a token, and TLS or `--insecure`. Set `onEventLoop` only if the
    /// handler never blocks.
    func serve(
        _ handler: some WebSocketServerHandler,
        on listen: ListenAddress,
        hasToken: Bool,
        examplePaths: [String] = [],
        onEventLoop: Bool = false
    ) async throws {
        if !listen.isLoopback {
            guard hasToken else {
                throw Failure("listening on '\(listen.host)' needs a token", hint: "give --token-env or --token-file")
            }
            guard security.isSecure || security.insecure else {
                throw Failure(
                    "listening on '\(listen.host)' needs TLS",
                    hint: "give --tls-cert and --tls-key, or --insecure if you trust the network"
                )
            }
        }
        var configuration = WebSocketServer.Configuration(host: listen.host, port: listen.port)
        configure(&configuration)
        let identity = try identity()
        if let identity { configuration.tls = try TLSContext.server(TLSServerConfiguration(identity: identity)) }
        if security.compress { configuration.deflate = DeflateSettings() }
        configuration.servesOnEventLoop = onEventLoop
        let bound = configuration
        try await withEventLoop { group in
            let server = try await WebSocketServer.start(bound, group: group, now: Clocks.wall, handler: handler)
            try StandardOutput.announce("listening on \(server.url)")
            for path in examplePaths { StandardError.write("feedrec: clients can connect to \(server.url)\(path)") }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.run() }
                tasks.addTask { await Signals.waitForStop() }
                if let identity { tasks.addTask { await Self.reload(identity) } }
                try await tasks.next()
                tasks.cancelAll()
            }
        }
    }

    private func configure(_ configuration: inout WebSocketServer.Configuration) {
        configuration.connectionsMax = security.clientLimit
        configuration.requestTimeout = requests.handshakeTimeout.duration
        liveness.apply(to: &configuration.connection)
        limits.apply(to: &configuration.connection, messageBytesMax: security.messageLimit.bytes)
    }

    private func identity() throws -> TLSServerIdentity? {
        guard let tlsCert = security.tlsCert, let tlsKey = security.tlsKey else { return nil }
        do {
            return try TLSServerIdentity(certificateFile: tlsCert, keyFile: tlsKey)
        } catch {
            throw Failure(String(describing: error))
        }
    }

    /// Reads the certificate again at each SIGHUP, for new connections.
    private static func reload(_ identity: TLSServerIdentity) async {
        for await _ in Signals.hangUps() {
            do {
                try identity.reload()
                StandardError.write("feedrec: certificate reloaded")
            } catch {
                StandardError.write("feedrec: warning: the old certificate stays in use: \(error)")
            }
        }
    }
}

/// The options that protect a server.
struct ServerSecurity: ParsableArguments {
    @Option(help: "Certificate chain (PEM): serve wss:// instead of ws://.")
    var tlsCert: String?

    @Option(help: "Private key (PEM) of --tls-cert.")
    var tlsKey: String?

    @Flag(help: "Accept permessage-deflate if a client offers it.")
    var compress = false

    @Option(
        name: .customLong("allow-origin"),
        help: "Accept pages of this origin too, such as https://example.org; may be repeated."
    )
    var allowedOrigins: [String] = []

    @Flag(help: "Allow an address other than loopback without TLS.")
    var insecure = false

    @Option(help: ArgumentHelp("Maximum number of clients; further clients get status 503.", valueName: "count"))
    var clientLimit = 1024

    @Option(
        help: ArgumentHelp(
            "The longest message to accept from a client, such as 65536 or 16MiB.",
            valueName: "size"
        )
    )
    var messageLimit = ByteCountArgument(16 << 20)

    func validate() throws {
        guard (1...100_000).contains(clientLimit) else {
            throw ValidationError("--client-limit must be between 1 and 100000")
        }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key must be given together")
        }
        guard allowedOrigins.allSatisfy(Self.isOrigin) else {
            throw ValidationError("--allow-origin must be a scheme, a host and optionally a port: https://example.org")
        }
    }

    var isSecure: Bool { tlsCert != nil }
    var origins: Set<String> { Set(allowedOrigins.map { $0.lowercased() }) }

    /// True for `null`, the origin of pages opened from files, and for a URL without a path.
    private static func isOrigin(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text == "null" || parts.count == 3 && parts[0].hasSuffix(":") && parts[1].isEmpty && !parts[2].isEmpty
    }
}

/// The time-out for a client's request.
struct RequestOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Time limit for a client's TLS handshake and request, such as 500ms or 10s.",
            valueName: "time"
        )
    )
    var handshakeTimeout = DurationArgument(.seconds(10))
}
