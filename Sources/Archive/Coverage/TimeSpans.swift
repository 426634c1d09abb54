/// Time spans `[from, to)`, in ascending order and separate.
struct TimeSpans {
    struct Span: Hashable {
        var from: Int64
        var to: Int64
    }

    private(set) var spans: [Span] = []

    mutating func add(_ from: Int64, _ to: Int64) {
        guard from < to else { return }
        var added = Span(from: from, to: to)
        spans.removeAll { span in
            guard span.from <= added.to, added.from <= span.to else { return false }
            added = Span(from: min(span.from, added.from), to: max(span.to, added.to))
            return true
        }
        spans.insert(added, at: spans.firstIndex { $0.from > added.from } ?? spans.endIndex)
    }

    func overlaps(_ from: Int64, _ to: Int64) -> Bool {
        spans.contains { $0.from < to && from < $0.to }
    }

    mutating func add(_ other: TimeSpans) {
        for span in other.spans { add(span.from, span.to) }
    }

    /// The remaining time without the time of `other`.
    func subtracting(_ other: TimeSpans) -> TimeSpans {
        var rest = TimeSpans()
        var place = 0
        for span in spans {
            var from = span.from
            while place < other.spans.count, other.spans[place].to <= from { place += 1 }
            var next = place
            while next < other.spans.count, other.spans[next].from < span.to {
                if other.spans[next].from > from { rest.spans.append(Span(from: from, to: other.spans[next].from)) }
                from = max(from, other.spans[next].to)
                next += 1
            }
            if from < span.to { rest.spans.append(Span(from: from, to: span.to)) }
        }
        return rest
    }
}
