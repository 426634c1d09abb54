import FeedrecTestKit
import MarketModel
import Recording
import Synchronization
import Testing
import TextEncoding

struct AccessTokenTests {
    private static let start = UnixNanoseconds(1_767_571_200_000_000_000)

    /// A JSON Web Token with these claims.
    private static func jwt(_ claims: String) -> String {
        let middle = Base64.encode(Array(claims.utf8)).replacing("=", with: "").replacing("+", with: "-")
            .replacing("/", with: "_")
        return "eyJhbGciOiJub25lIn0.\(middle).c2lnbmF0dXJl"
    }

    @Test("kind 14 a JWT contains its expiry; the earlier of two expiries counts")
    func ends() {
        let end = Self.start.rawValue / 1_000_000_000 + 3600
        let token = AccessToken(Self.jwt(#"{"sub":"a?b>c","exp":\#(end)}"#), obtainedAt: Self.start)
        #expect(token.expiry == Self.start.advanced(by: .seconds(3600)))
        #expect(token.renewAt == Self.start.advanced(by: .seconds(3300)))
        let short = AccessToken(
            Self.jwt(#"{"exp":\#(end).5}"#),
            obtainedAt: Self.start,
            lifetime: .seconds(100)
        )
        #expect(short.expiry == Self.start.advanced(by: .seconds(100)))
        #expect(short.renewAt == Self.start.advanced(by: .seconds(90)))
    }

    @Test(
        "kind 14 a text that is not a JWT, or a broken one, has no expiry of its own",
        arguments: [
            "opaque", "a.b.c", "..", "a.!.c", jwt("[]"), jwt(#"{"exp":"soon"}"#), jwt(#"{"exp":99999999999999}"#),
        ]
    )
    func opaque(text: String) {
        #expect(AccessToken(text, obtainedAt: Self.start).expiry == nil)
    }

    @Test("kind 14 a token is visible ASCII")
    func possible() {
        #expect(AccessToken.isPossible("abc.DEF-123_~+/="))
        for text in ["", "two words", "line\nbreak", "töken", String(repeating: "x", count: 20_000)] {
            #expect(!AccessToken.isPossible(text))
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct TokenKeeperTests {
    private let clock = ManualClock()
    private let count = Counter()

    /// A keeper whose tokens live for `lifetime`; obtaining fails from the token number `failsFrom` on.
    private func keeper(lifetime: Duration?, failsFrom: Int = .max) -> TokenKeeper {
        TokenKeeper(now: { [clock] in clock.unixNow }) { [clock, count] in
            let number = count.next()
            guard number < failsFrom else { throw RecordingError("no token") }
            return AccessToken("token\(number)", obtainedAt: clock.unixNow, lifetime: lifetime)
        }
    }

    @Test("kind 14 a token serves all connections until shortly before its expiry")
    func renewed() async throws {
        let keeper = keeper(lifetime: .seconds(100))
        #expect(try await keeper.token().text == "token1")
        clock.advance(by: .seconds(89))
        #expect(try await keeper.token().text == "token1")
        clock.advance(by: .seconds(1))
        #expect(try await keeper.token().text == "token2")
    }

    @Test("kind 14 a token without an expiry is obtained for every connection")
    func endless() async throws {
        let keeper = keeper(lifetime: nil)
        for number in 1...3 { #expect(try await keeper.token().text == "token\(number)") }
        #expect(keeper.generation == 0)
    }

    @Test("kind 14 while no other token can be obtained, the present one serves until its expiry")
    func failing() async throws {
        let keeper = keeper(lifetime: .seconds(100), failsFrom: 2)
        #expect(try await keeper.token().text == "token1")
        clock.advance(by: .seconds(95))
        #expect(try await keeper.token().text == "token1")
        clock.advance(by: .seconds(5))
        await #expect(throws: RecordingError.self) { try await keeper.token() }
    }

    @Test("kind 14 a token that the venue refused is not used again")
    func refused() async throws {
        let keeper = keeper(lifetime: .seconds(100))
        #expect(try await keeper.token().text == "token1")
        keeper.forget()
        #expect(try await keeper.token().text == "token2")
    }

    @Test("kind 14 a token is renewed while the connection stays open; failures are reported and retried")
    func renewedBeforehand() async throws {
        let keeper = keeper(lifetime: .seconds(100), failsFrom: 3)
        _ = try await keeper.token()
        let notices = EventLog<String>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in await keeper.run(clock: clock) { notices.append($0) } }
            func pass(_ seconds: Int) async {
                for _ in 0..<seconds {
                    await clock.untilSleeping(count: 1)
                    clock.advance(by: .seconds(1))
                }
                await clock.untilSleeping(count: 1)
            }
            await pass(91)
            #expect(keeper.generation == 1 && notices.all.isEmpty)
            await pass(95)
            #expect(keeper.generation == 1 && notices.all.count == 1)
            let start = "access could not be renewed: no token; it expires at 2026-"
            #expect(notices.all.first?.hasPrefix(start) == true)
            group.cancelAll()
        }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
