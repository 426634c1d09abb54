import NIOCore
import Recording
import TextEncoding
import Transport
import Venues
import WebSocketProtocol

/// A feed's credentials: references to a token and to headers, and how to read them.
struct FeedCredentials: Sendable {
    var token: TokenReference?
    var headers: [HeaderReference] = []
    /// Whether a connection is replaced when its token is renewed.
    var replacesConnections = false
    let environment: [String: String]

    init(token: TokenReference?, environment: [String: String]) {
        self.token = token
        self.environment = environment
    }

    /// Reads every reference, so that a missing variable or file is found at the start.
    ///
    /// It does not run a token command and does not ask a token server.
    func check(_ secrets: FeedSecrets) throws {
        switch token {
        case .secret(let reference): secrets.add(try resolvedToken(reference))
        case .oauth(let reference): secrets.add(try identity(reference).secret)
        case .command, nil: break
        }
        for field in try resolvedHeaders().fields { secrets.add(field.value) }
    }

    /// Returns a token that can be kept out of messages and logs.
    private func resolvedToken(_ reference: SecretReference) throws -> String {
        let token = try reference.resolve(environment: environment)
        guard token.utf8.count >= KnownSecrets.bytesMin else { throw Self.shortToken }
        return token
    }

    private static let shortToken = Failure(
        "the token has fewer than \(KnownSecrets.bytesMin) bytes: feedrec cannot keep it out of recordings and logs"
    )

    /// Returns the headers with their values.
    ///
    /// Values are read again for every connection.
    @Sendable
    func resolvedHeaders() throws -> HTTPHeaders {
        HTTPHeaders(try headers.map { ($0.name, try $0.value.resolve(environment: environment)) })
    }

    /// Returns the source of each connection's token.
    ///
    /// A token that expires is renewed during the connection.
    func tokenSource(
        _ client: ClientSettings,
        _ secrets: FeedSecrets,
        _ group: any EventLoopGroup
    ) throws -> (read: @Sendable () async throws -> String?, access: FeedAccess?) {
        let obtain: @Sendable () async throws -> AccessToken
        switch token {
        case nil: return ({ nil }, nil)
        case .secret(let reference): return ({ try resolvedToken(reference) }, nil)
        case .command(let program):
            obtain = {
                let start = Clocks.wall()
                return AccessToken(try await program.run(), obtainedAt: start, lifetime: program.maxAge)
            }
        case .oauth(let reference):
            let credentials = try tokenServer(reference, client, group)
            obtain = { try await credentials.obtain() }
        }
        let keeper = TokenKeeper(now: Clocks.wall) {
            let token = try await obtain()
            guard token.text.utf8.count >= KnownSecrets.bytesMin else { throw Self.shortToken }
            // The other secrets must stay among the latest, however often the token changes.
            try? check(secrets)
            secrets.add(token.text)
            return token
        }
        let access = FeedAccess(keeper, replacesConnections: replacesConnections)
        return ({ try await keeper.token().text }, access)
    }

    private func tokenServer(
        _ reference: OAuthReference,
        _ client: ClientSettings,
        _ group: any EventLoopGroup
    ) throws -> ClientCredentials {
        guard let url = reference.webSocketURL else {
            throw Failure(reference.problem ?? "the URL of the token-server is invalid")
        }
        return ClientCredentials(
            client: try client.tokenServerConfiguration(url: url),
            scope: reference.scope,
            identity: { try identity(reference) },
            now: Clocks.wall,
            post: { (request, configuration) async throws(TransportError) in
                try await HTTPClient.send(request, configuration, group: group, now: Clocks.wall)
            }
        )
    }

    private func identity(_ reference: OAuthReference) throws -> ClientCredentials.Identity {
        ClientCredentials.Identity(
            id: try reference.clientID.resolve(environment: environment),
            secret: try reference.clientSecret.resolve(environment: environment)
        )
    }
}

extension OAuthReference {
    /// The URL in the form that our client takes, with `wss` for `https`; `nil` if it is not allowed.
    var webSocketURL: WebSocketURL? { problem == nil ? readURL : nil }

    /// The reason why the token server cannot be asked; `nil` if it can.
    var problem: String? {
        guard let readURL else { return "the 'url' of 'oauth' is not an https:// URL" }
        guard readURL.isSecure || readURL.isLocal else {
            return "the 'url' of 'oauth' must be https://, because the client's secret is sent there"
        }
        return nil
    }

    private var readURL: WebSocketURL? {
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let schemes = ["https": "wss", "http": "ws"]
        guard parts.count == 2, let scheme = schemes[parts[0].lowercased()] else { return nil }
        return try? WebSocketURL("\(scheme)://\(parts[1])")
    }
}

extension TokenReference {
    /// The reason why there can be no token; `nil` if there can.
    var problem: String? {
        switch self {
        case .secret: nil
        case .command(let program): program.problem
        case .oauth(let reference): reference.problem
        }
    }
}
