import Archive
import MarketModel

/// Rows in columns.
///
/// The first rows decide the widths, so that a long result can be printed as it arrives.
struct TextTable {
    private static let rowsMeasured = 1000

    private typealias Cell = (text: String, isNumber: Bool)

    private let columns: [String]
    private var waiting: [[Cell]] = []
    /// The widths in terminal columns; empty until enough rows have arrived.
    private var widths: [Int] = []
    private(set) var rowCount = 0

    init(columns: [String]) {
        self.columns = columns.map(VisibleText.escaped)
    }

    /// Adds a row; returns the lines that can be printed now.
    mutating func add(_ values: [SQLValue]) -> [String] {
        rowCount += 1
        let row = values.map { Cell(VisibleText.escaped($0.text), $0.isNumber) }
        guard widths.isEmpty else { return [line(row)] }
        waiting.append(row)
        return waiting.count == Self.rowsMeasured ? begin() : []
    }

    /// Returns the remaining lines and the number of rows.
    mutating func finish() -> [String] {
        (widths.isEmpty ? begin() : []) + ["(\(Counted.text(rowCount, "row")))"]
    }

    private mutating func begin() -> [String] {
        widths = columns.indices.map { column in
            waiting.reduce(VisibleText.columns(columns[column])) { max($0, VisibleText.columns($1[column].text)) }
        }
        let header = line(columns.map { Cell($0, false) })
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        let lines = [header, rule] + waiting.map(line)
        waiting = []
        return lines
    }

    private func line(_ row: [Cell]) -> String {
        var line = zip(row, widths).map { cell, width in
            let blanks = String(repeating: " ", count: max(0, width - VisibleText.columns(cell.text)))
            return cell.isNumber ? blanks + cell.text : cell.text + blanks
        }.joined(separator: "  ")[...]
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
