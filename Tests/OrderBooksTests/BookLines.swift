import Foundation
import MarketModel
import OrderBooks

/// What the golden tables say about one book, computed from its states.
struct BookLines {
    private(set) var canonical: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var firstPosition: Int?
    private(set) var lastPosition: Int?
    private(set) var holePositions: [Int] = []

    mutating func add(_ outcome: BookOutcome, of keeper: BookKeeper, at position: Int) {
        if outcome.effect == .invalidated, keeper.invalidity?.reason.isHole == true { holePositions.append(position) }
        guard case .state = outcome.effect else { return }
        if firstPosition == nil { firstPosition = position }
        lastPosition = position
        let bids = Array(keeper.book.bids.prefix(5))
        let asks = Array(keeper.book.asks.prefix(5))
        Self.write(bids, asks, position, isCanonical: true, to: &canonical)
        Self.write(bids, asks, position, isCanonical: false, to: &text)
    }

    private static func write(
        _ bids: [BookLevel],
        _ asks: [BookLevel],
        _ position: Int,
        isCanonical: Bool,
        to output: inout [UInt8]
    ) {
        output += "\(position)".utf8
        for side in [bids, asks] {
            for index in 0..<5 {
                output.append(UInt8(ascii: " "))
                guard index < side.count else {
                    output += "- -".utf8
                    continue
                }
                write(side[index].price, isCanonical, to: &output)
                output.append(UInt8(ascii: " "))
                write(side[index].size, isCanonical, to: &output)
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    private static func write(_ number: FixedDecimal, _ isCanonical: Bool, to output: inout [UInt8]) {
        (isCanonical ? number.withoutTrailingZeros : number).write(to: &output)
    }

    /// The whole book as the golden `end_sha256` wants it.
    static func ending(of book: OrderBook) -> [UInt8] {
        var output: [UInt8] = []
        for (letter, ladder) in [("b", book.bids), ("a", book.asks)] {
            for level in ladder {
                output += "\(letter) \(level.price.canonicalText) \(level.size.canonicalText)\n".utf8
            }
        }
        return output
    }
}

/// The SHA-256 of each content, in hexadecimal, by the system's `sha256sum`.
func sha256(_ contents: [[UInt8]]) throws -> [String] {
    guard !contents.isEmpty else { return [] }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("feedrec-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var paths: [String] = []
    for (index, content) in contents.enumerated() {
        let file = folder.appendingPathComponent("\(index)")
        try Data(content).write(to: file)
        paths.append(file.path)
    }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sha256sum"] + paths
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map { String($0.prefix(64)) }
}
