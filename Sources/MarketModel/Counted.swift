/// Numbers of things as texts for people.
package enum Counted {
    /// `1 gap`, `2 gaps`; `many` is for words such as `oddities`.
    package static func text(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(word(count, one, many))"
    }

    /// The word alone, for a number that is written in another way.
    package static func word(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        count == 1 ? one : many ?? one + "s"
    }
}
