import MarketModel
import Testing
import Venues

struct HyperliquidPlanTests {
    @Test("a plan names its subscriptions once, and the lists of its symbols")
    func plan() throws {
        let plan = try HyperliquidConversation.plan(
            ["BTC", "PURR/USDC", "@107", "xyz:GOLD", "BTC"],
            ["funding,mark", "open-interest"]
        )
        #expect(
            plan.subscription
                == #"{"symbols":["BTC","PURR/USDC","@107","xyz:GOLD"],"streams":["activeAssetCtx:BTC","#
                + #""activeAssetCtx:PURR/USDC","activeAssetCtx:@107","activeAssetCtx:xyz:GOLD"]}"#
        )
        #expect(
            plan.instrumentRequests.map(\.requestBody) == [
                #"{"type":"meta","dex":"xyz"}"#, #"{"type":"meta"}"#, #"{"type":"spotMeta"}"#,
            ]
        )
        #expect(plan.instrumentRequests.allSatisfy { $0.method == "POST" && $0.path == "/info" })
        #expect(plan.ticks == .none && plan.namedSymbols.count == 4 && plan.notices.isEmpty)
        #expect(try HyperliquidConversation.plan(["BTC"]).ticks == .some(["BTC"]))
        #expect(Venue.hyperliquid.definition.defaultURL == "wss://api.hyperliquid.xyz/ws")
    }

    @Test("a URL without a path gets the venue's")
    func target() throws {
        let plan = try HyperliquidConversation.plan(["BTC"])
        #expect(["", "/", "/?a=1", "/ws", "/other"].map(plan.target) == ["/ws", "/ws", "/ws?a=1", "/ws", "/other"])
    }

    @Test("channels that the venue lacks are refused by name", arguments: ["liquidations", "account", "nothing"])
    func refusedWords(word: String) throws {
        do throws(VenueOptionError) {
            _ = try HyperliquidConversation.plan(["BTC"], [word])
            Issue.record("'\(word)' was accepted")
        } catch {
            #expect(error.flagText.contains("hyperliquid has no channel '\(word)'"))
        }
        #expect(throws: VenueOptionError.self) { try HyperliquidConversation.plan([]) }
    }

    @Test("more subscriptions than the venue allows are announced")
    func tooMany() throws {
        let plan = try HyperliquidConversation.plan((0..<600).map { "C\($0)" })
        #expect(plan.notices.count == 1 && plan.notices[0].hasPrefix("1200 subscriptions are needed"))
    }
}
