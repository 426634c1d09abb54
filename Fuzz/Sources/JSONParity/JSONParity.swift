import Foundation

/// Compares the JSON scanner with Foundation's parser on random texts.
///
///     JSONParity [--seed NUMBER] [--inputs NUMBER] [FILE…]
///
/// The messages in the files, one a line, are changed at random; other texts are generated. Prints how often both
/// agree, how often a known difference explains the result, and the text of every other difference. Status 1 if there
/// is one.
@main
struct JSONParity {
    static func main() {
        var seed: UInt64 = 1
        var inputs = 10_000_000
        var samples: [[UInt8]] = []
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
            case "--inputs": inputs = arguments.popFirst().flatMap { Int($0) } ?? inputs
            default: samples += messages(in: argument)
            }
        }
        print("seed \(seed), \(inputs) texts, \(samples.count) sample messages")
        exit(compare(inputs, RandomJSON(seed: seed, samples: samples)) == 0 ? 0 : 1)
    }

    /// The part of each line from its first bracket, if it is not too long to be compared often.
    private static func messages(in path: String) -> [[UInt8]] {
        let content = FileManager.default.contents(atPath: path) ?? Data()
        return content.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let start = line.firstIndex(where: { "{[".utf8.contains($0) }) else { return nil }
            let message = line[start...]
            return message.count <= 800 ? Array(message) : nil
        }
    }

    /// Returns the number of differences that are not known ones.
    private static func compare(_ inputs: Int, _ source: RandomJSON) -> Int {
        var source = source
        var counts: [JSONVerdict.Outcome: Int] = [:]
        for number in 1...max(inputs, 1) {
            let text = source.next()
            let outcome = JSONVerdict(text).outcome
            counts[outcome, default: 0] += 1
            if outcome == .unexplained {
                print("difference in text \(number): \(String(decoding: text, as: UTF8.self).debugDescription)")
            }
            if number % 1_000_000 == 0 { print("\(number) texts") }
        }
        print("\(counts[.bothAccept, default: 0]) accepted by both, \(counts[.bothReject, default: 0]) by neither")
        for difference in JSONVerdict.Difference.allCases {
            print("\(counts[.known(difference), default: 0]): \(difference.rawValue)")
        }
        let unexplained = counts[.unexplained, default: 0]
        print("\(unexplained) other differences")
        return unexplained
    }
}
