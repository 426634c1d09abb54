import FeedrecTestKit
import Foundation
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// Which venue sent the messages of a file.
struct VenueDetectionTests {
    private static let record = #"{"type":1,"target":"OnTick","arguments":[{"symbol":"A","bid":1,"ask":2}]}"# + "\u{1E}"

    private func detect(_ files: String...) throws -> Venue {
        let directory = try TemporaryDirectory()
        let paths = try files.enumerated().map { try directory.write($1, to: "\($0).txt") }
        return try VenueDetection.venue(of: paths, format: nil, onMalformedLine: .fail)
    }

    private func candidates(_ messages: [String], among venues: [Venue] = [.mt4, .binanceSpot]) -> [Venue] {
        var batch = MessageBatch()
        for message in messages { batch.append(message.utf8, direction: .received, tsRecv: UnixNanoseconds(1)) }
        return VenueDetection.candidates(for: [batch], among: venues)
    }

    @Test("the reader that recognises most of the messages wins")
    func most() throws {
        let trades = (1...9).map { SpotSample.trade(id: $0) }
        #expect(candidates([Self.record]) == [.mt4])
        #expect(candidates(trades) == [.binanceSpot])
        #expect(candidates([Self.record] + trades) == [.binanceSpot])
        #expect(candidates([Self.record, Self.record, trades[0]]) == [.mt4])
        #expect(try detect("1 \(Self.record)\n", "2 \(Self.record)\n") == .mt4)
        #expect(try detect("\(Self.record)\n") == .mt4, "without receive times")
    }

    @Test("of readers that recognise equally many, the one that leaves fewest unrecognised wins")
    func fewest() {
        #expect(candidates([Self.record, SpotSample.trade(id: 1)]) == [.mt4])
    }

    @Test("messages that no reader understands, or several, are refused")
    func unclear() throws {
        let none = #expect(throws: ImportError.self) { try detect("1 {\"unheard\":1}\n1 {\"of\":2}\n") }
        #expect(none?.code == .unclearVenue)
        #expect(none?.detail == "no venue understands the first 2 messages")
        let both = candidates([SpotSample.trade(id: 1)], among: [.binanceSpot, .mt4, .binanceSpot])
        #expect(both == [.binanceSpot, .binanceSpot])
        #expect(VenueDetection.words([.mt4, .binanceSpot]) == "'mt4' or 'binance-spot'")
    }

    @Test("a malformed line after the first messages is left to the import")
    func malformed() throws {
        #expect(try detect("1 \(Self.record)\nx\n") == .mt4)
        #expect(throws: ImportError.self) { try detect("x\n") }
    }

    @Test(
        "every capture comes from the venue of its folder",
        .enabled(if: captures != nil, "FEEDREC_SHARED does not name the data folder")
    )
    func realCaptures() throws {
        let folder = try #require(Self.captures)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let venue = Venue.called(name) else { continue }
            for file in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")
            where !file.hasSuffix(".md") {
                let path = "\(folder)/\(name)/\(file)"
                do {
                    let found = try VenueDetection.venue(of: [path], format: nil, onMalformedLine: .fail)
                    #expect(found == venue, "\(name)/\(file)")
                } catch {
                    #expect(error.code == .unclearVenue && error.detail.contains("'\(venue.name)'"), "\(error)")
                }
            }
        }
    }

    private static let captures = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/captures" }
}
