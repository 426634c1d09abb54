import Testing

/// Expects that a program failed as all verbs do: with status 1, and one line that says what failed, on what and why.
func expectFailure(
    _ finished: Finished,
    status: Int32 = 1,
    naming texts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(finished.status == status, "\(finished.errors)", sourceLocation: sourceLocation)
    #expect(finished.errorLines.count == 1, "\(finished.errors)", sourceLocation: sourceLocation)
    // A hint may follow, and progress lines and the timed lines of `probe` may precede. Nothing else is allowed, and no
    // stack trace.
    let strange = finished.errors.split(separator: "\n").filter { line in
        !line.hasPrefix("feedrec: ") && line.prefixMatch(of: #/\d\d:\d\d:\d\d\.\d{3} /#) == nil
    }
    #expect(strange.isEmpty, sourceLocation: sourceLocation)
    let line = finished.errorLines.first ?? ""
    for text in texts { #expect(line.contains(text), "\(line)", sourceLocation: sourceLocation) }
    #expect(!line.hasSuffix("."), sourceLocation: sourceLocation)
}
