import Archive
import MarketModel

/// The line of `info` for one recording, or for all of them together.
struct RecordingTotal {
    private var files = 0
    private var fileBytes: Int64 = 0
    private var first: UnixNanoseconds?
    private var last: UnixNanoseconds?
    private var messages: Int64 = 0
    private var quotes: Int64 = 0
    private var trades: Int64 = 0
    private var oddities: Int64 = 0
    private var gaps: Int64 = 0
    private var instruments: Set<[String]> = []

    mutating func add(_ facts: RecordingFacts) {
        files += 1
        fileBytes += facts.fileBytes + facts.logBytes
        let summary = facts.summary
        if let time = summary.tsFirst { first = min(first ?? time, time) }
        if let time = summary.tsLast { last = max(last ?? time, time) }
        messages += summary.messageCount
        quotes += summary.quoteCount
        trades += summary.tradeCount
        oddities += summary.oddityCount
        gaps += summary.gapCount
        for row in summary.instruments { instruments.insert([row.instrument.venue, row.instrument.symbol]) }
    }

    /// For example `14 recordings: 2026-01-05T… to …, 1,234 messages, …, 1.2 MiB`.
    var line: String { "\(files) recordings: \(text)" }

    /// The times, the counts and the size as text.
    ///
    /// Counts of 0 are left out, except that of the messages.
    var text: String {
        var parts: [String] = []
        if let first, let last { parts.append("\(first) to \(last)") }
        parts.append(Self.counted(messages, "message"))
        for (count, name) in [
            (quotes, "quote"), (trades, "trade"), (Int64(instruments.count), "instrument"), (gaps, "gap"),
        ] where count > 0 {
            parts.append(Self.counted(count, name))
        }
        if oddities > 0 { parts.append(oddities == 1 ? "1 oddity" : "\(RecordingFacts.grouped(oddities)) oddities") }
        return (parts + [RecordingFacts.text(bytes: fileBytes)]).joined(separator: ", ")
    }

    private static func counted(_ count: Int64, _ name: String) -> String {
        RecordingFacts.counted(count, name)
    }
}

extension RecordingFacts {
    /// The recording in one line.
    var line: String {
        var total = RecordingTotal()
        total.add(self)
        return "\(path): \(total.text)"
    }
}
