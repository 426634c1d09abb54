package import MarketModel

/// How a connection for an account logs in.
package struct AccountPlan: Sendable {
    /// The parts of the API key that the venue requires.
    package var needs: Set<AccountKeys.Part> = [.key, .secret]
    /// The parts that the venue can use.
    package var takes: Set<AccountKeys.Part> = [.key, .secret]
    /// How a secret may sign.
    package var algorithms: Set<AccountKeys.Algorithm> = [.hmac]
    /// Makes the client's side of a new connection, which logs in by messages if the venue requires that.
    package var makeDialect: @Sendable (AccountKeys) -> any VenueDialect
    /// How to get the name of the stream before connecting; `nil` if the URL of the connection needs none.
    package var listenKey: ListenKeyPlan?
    /// Returns an HTTP request as it is sent: with the key, and signed if the venue requires that.
    ///
    /// The tape keeps the request as the dialect made it.
    package var authorise: @Sendable (RESTExchange, AccountKeys) -> AuthorisedRequest = { exchange, _ in
        AuthorisedRequest(exchange: exchange)
    }

    package init(makeDialect: @escaping @Sendable (AccountKeys) -> any VenueDialect) {
        self.makeDialect = makeDialect
    }
}

/// An HTTP request with its secrets; it must not be stored.
package struct AuthorisedRequest: Sendable {
    package var exchange: RESTExchange
    package var headers: [(name: String, value: String)] = []

    package init(exchange: RESTExchange) { self.exchange = exchange }
}

/// How a client gets the secret name of an account's stream, which is a part of the URL of its connection.
package struct ListenKeyPlan: Sendable {
    /// The answer to ``request``.
    package enum Answer: Sendable, Hashable {
        case key(String)
        /// The reason, for people; `isFinal` if the same API key will be refused again.
        case refused(reason: String, isFinal: Bool)
    }

    /// Asks for a key.
    package var request: RESTExchange
    /// Reads an answer with this status.
    package var read: @Sendable (_ status: Int, _ body: UnsafeRawBufferPointer) -> Answer
    /// Returns the path and the query to connect to, from those of the user's URL.
    package var target: @Sendable (_ given: String, _ key: String) -> String

    package init(
        request: RESTExchange,
        read: @escaping @Sendable (_ status: Int, _ body: UnsafeRawBufferPointer) -> Answer,
        target: @escaping @Sendable (_ given: String, _ key: String) -> String
    ) {
        self.request = request
        self.read = read
        self.target = target
    }
}

extension SubscriptionRefusal {
    /// The name under which a refused login is reported.
    package static let loginName = "login"

    /// The refusal of a login.
    package static func login(_ reason: String) -> SubscriptionRefusal {
        SubscriptionRefusal(name: loginName, reason: reason)
    }
}
