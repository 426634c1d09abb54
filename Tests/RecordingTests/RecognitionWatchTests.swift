import Testing
import Venues

@testable import Recording

struct RecognitionWatchTests {
    private func outcome(recognised: Int, unrecognised: Int) -> DialectOutcome {
        var outcome = DialectOutcome()
        (outcome.recognised, outcome.unrecognised) = (recognised, unrecognised)
        return outcome
    }

    @Test("kind 4 a feed of another venue is warned about once")
    func otherVenue() {
        var watch = RecognitionWatch()
        let warnings = (0..<300).compactMap { _ in watch.note(outcome(recognised: 0, unrecognised: 1)) }
        #expect(warnings == ["nothing was recognised in the first 100 messages: is this the right venue and URL?"])
    }

    @Test("kind 4 a feed that was understood once is not warned about")
    func understood() {
        var watch = RecognitionWatch()
        _ = watch.note(outcome(recognised: 1, unrecognised: 50))
        let warnings = (0..<300).compactMap { _ in watch.note(outcome(recognised: 0, unrecognised: 1)) }
        #expect(warnings.isEmpty)
    }
}
