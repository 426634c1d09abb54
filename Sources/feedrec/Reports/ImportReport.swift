import Interchange
import JSONScanning
import MarketModel
import Recording

/// The results of an import that a recording does not have.
struct ImportReport {
    let outcome: MessageImporter.Outcome

    private var disordered: Int { outcome.disorder.reduce(0) { $0 + $1.messages.count } }

    /// The results as members of the JSON output.
    var facts: [(name: String, json: String)] {
        [
            ("already_stored", "\(outcome.counts.known)"), ("unrecognised", "\(outcome.counts.unrecognised)"),
            ("out_of_order", "\(disordered)"), ("malformed_lines", "\(outcome.malformedLines)"),
            ("receive_times", outcome.receiveTimes.map { JSONText.quoted($0.rawValue) } ?? "null"),
        ]
    }

    /// Says which receive times the messages have got, if the files have none.
    private var receiveTimes: String? {
        switch outcome.receiveTimes {
        case .venue: "the files have no receive times: each message has the latest time of the venue up to there"
        case .monotonic:
            "the files have times of a monotonic clock: the first message with a time of the venue has that time, "
                + "and the intervals are kept"
        case .recorded, nil: nil
        }
    }

    /// The results as lines for people.
    var lines: [String] {
        var lines = outcome.notices.map { "warning: \($0)" }
        let counts = outcome.counts
        if counts.known > 0 {
            let known = "\(Counted.text(counts.known, "message was", "messages were")) already in the archive"
            lines.append(counts.new == 0 ? "nothing new: \(known)" : known)
        }
        if counts.new > 0, let receiveTimes { lines.append(receiveTimes) }
        lines += outcome.remarks
        if counts.new > 0, outcome.summary.totals.dataMessages == 0 {
            lines.append(
                "warning: nothing but answers and keep-alives is in \(Counted.text(counts.new, "message")); "
                    + "no row was stored"
            )
        }
        if counts.unrecognised > 0 {
            lines.append(
                "warning: \(counts.unrecognised) of \(Counted.text(counts.new, "message")) "
                    + Counted.word(
                        counts.unrecognised,
                        "was not recognised; it is stored as an oddity",
                        "were not recognised; they are stored as oddities"
                    )
            )
        }
        for disorder in outcome.disorder {
            let first = disorder.messages.firstLineNumber.map { ", first in line \($0)" } ?? ""
            let step = (disorder.messages.stepMax / .milliseconds(1)).rounded() / 1000
            lines.append(
                "warning: \(Counted.text(disorder.messages.count, "message")) of '\(disorder.path)' "
                    + "\(Counted.word(disorder.messages.count, "follows", "follow")) a later message\(first); "
                    + "times go back by up to \(step) s"
            )
        }
        return lines
    }
}
