import Interchange
import MarketModel
import Recording

/// The results of an import that a recording does not have.
struct ImportReport {
    let outcome: MessageImporter.Outcome

    private var disordered: Int { outcome.disorder.reduce(0) { $0 + $1.messages.count } }

    /// The results as members of the JSON output.
    var facts: [(name: String, count: Int64)] {
        [
            ("already_stored", outcome.counts.known), ("unrecognised", outcome.counts.unrecognised),
            ("out_of_order", Int64(disordered)), ("malformed_lines", Int64(outcome.malformedLines)),
        ]
    }

    /// The results as lines for people.
    var lines: [String] {
        var lines = outcome.notices.map { "warning: \($0)" }
        let counts = outcome.counts
        if counts.known > 0 {
            let known = "\(Counted.text(counts.known, "message was", "messages were")) already in the archive"
            lines.append(counts.new == 0 ? "nothing new: \(known)" : known)
        }
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
