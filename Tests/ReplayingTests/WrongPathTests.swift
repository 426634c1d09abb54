import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// What a client sees that has a wrong path in its URL.
struct WrongPathTests {
    private struct NoTape: Tape {
        mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool { false }
    }

    private static func server(_ venues: [Venue]) -> SimulationServer {
        SimulationServer(
            venues.map { ServedVenue($0, $0.definition.makeServer()) },
            policy: ServingPolicy(speed: .max),
            timers: .clock(ManualClock()),
            makeTape: { _ in NoTape() }
        )
    }

    private static func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test("a simulator names itself and the paths of its venue, to HTTP and WebSocket clients", arguments: Venue.all)
    func simulator(venue: Venue) async throws {
        let server = Self.server([venue])
        let head = HTTPRequestHead(method: "GET", target: "/no/such?path=1")
        let answer = await server.respond(to: HTTPRequest(head: head))
        guard case .reject(let refusal) = await server.accept(head) else {
            Issue.record("the client was accepted")
            return
        }
        for response in [answer, refusal] {
            #expect(response.status == 404)
            let text = Self.text(response)
            #expect(text.hasPrefix("this is feedrec simulate, which") && !text.contains("\n"), "\(text)")
            for path in venue.definition.examplePaths { #expect(text.contains(path), "\(text)") }
        }
    }

    @Test("the paths that a refusal names are served", arguments: Venue.all)
    func served(venue: Venue) async {
        for path in venue.definition.examplePaths {
            let head = HTTPRequestHead(method: "GET", target: path)
            guard case .accept = await Self.server([venue]).accept(head) else {
                Issue.record("\(path) is not served")
                continue
            }
        }
    }
}
