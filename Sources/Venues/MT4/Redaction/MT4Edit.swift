/// A replacement of a part of a record.
struct MT4Edit: Sendable, Hashable {
    /// The replaced bytes of the record.
    let range: Range<Int>
    let replacement: [UInt8]

    /// Applies `edits` to `record`.
    ///
    /// They must be in order and not overlap.
    static func apply(_ edits: [MT4Edit], to record: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        var position = 0
        for edit in edits {
            output.append(contentsOf: record[position..<edit.range.lowerBound])
            output.append(contentsOf: edit.replacement)
            position = edit.range.upperBound
        }
        output.append(contentsOf: record[position...])
        return output
    }
}

/// Applies the edits of a record to its parts, in order.
///
/// A replacement goes to the part in which the edit starts. A part without an edit stays unchanged.
struct MT4EditedParts {
    private let edits: [MT4Edit]
    private var next = 0

    init(_ edits: [MT4Edit]) {
        self.edits = edits
    }

    /// Appends the next part, which is `range` of `record`; returns true if it has changed.
    mutating func append(
        _ range: Range<Int>,
        of record: UnsafeRawBufferPointer,
        to output: inout [UInt8]
    ) -> Bool {
        guard !range.isEmpty else { return false }
        var position = range.lowerBound
        var isChanged = false
        while next < edits.count, edits[next].range.lowerBound < range.upperBound {
            let edit = edits[next]
            isChanged = true
            if edit.range.lowerBound >= range.lowerBound {
                output.append(contentsOf: record[position..<edit.range.lowerBound])
                output.append(contentsOf: edit.replacement)
            }
            position = min(edit.range.upperBound, range.upperBound)
            guard edit.range.upperBound <= range.upperBound else { break }
            next += 1
        }
        output.append(contentsOf: record[position..<range.upperBound])
        return isChanged
    }
}
