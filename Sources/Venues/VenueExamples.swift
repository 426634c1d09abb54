/// Commands of a venue for `--help`; each starts a new line.
package struct VenueExamples: Sendable, Hashable {
    /// For `record --help`.
    package var recording: [String] = []
    /// For `import messages --help`.
    package var importing: [String] = []
    /// For `simulate --help`.
    package var simulating: [String] = []
    /// For `book --help`.
    package var books: [String] = []
    /// For `bench normalise --help`.
    package var measuring: [String] = []
    /// Sentences for `simulate --help`.
    package var simulation = ""
    /// For `feedrec --help`: a simulated venue, and a first recording of it.
    package var firstSession: [String] = []

    package init() {}
}
