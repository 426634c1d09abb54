/// Where a value is in a message: names of members and positions in lists, with dots between them.
///
/// `data.*.p` is the member `p` of each element of `data`; `2.0` is the first element of the third.
struct MappingPath: Sendable, Hashable {
    static let mistake = "must be a path such as \"data.price\", \"2.0\" or \"data.*.p\""

    let text: String
    /// The steps up to each `*`, and those after the last one.
    ///
    /// A path without `*` has one group.
    let groups: [[String]]

    private static let stepsMax = 16

    /// `.` alone is the whole message; `nil` if a step is empty or if there are too many.
    init?(_ text: String) {
        self.text = text
        let steps = text == "." ? [] : text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard steps.count <= Self.stepsMax, steps.allSatisfy({ !$0.isEmpty }) else { return nil }
        groups = steps.split(separator: "*", omittingEmptySubsequences: false).map(Array.init)
    }

    /// The number of lists that the path goes through.
    var depth: Int { groups.count - 1 }
}
