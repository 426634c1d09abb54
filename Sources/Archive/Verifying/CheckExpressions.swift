/// Finds the CHECK constraints in the statement that made a table.
///
/// `sql` may come from a damaged file: it need not be valid SQL.
enum CheckExpressions {
    /// Returns the expressions with their parentheses, in the order of `sql`.
    static func all(in sql: [UInt8]) -> [String] {
        var found: [String] = []
        var position = 0
        var isAfterCheck = false
        while position < sql.count {
            let end = endOfToken(in: sql, from: position)
            if sql[position] == UInt8(ascii: "("), isAfterCheck {
                let close = endOfParenthesis(in: sql, from: position)
                found.append(String(decoding: sql[position..<close], as: UTF8.self))
                (position, isAfterCheck) = (close, false)
                continue
            }
            if !isBlank(sql, position) { isAfterCheck = isCheck(sql[position..<end]) }
            position = end
        }
        return found
    }

    /// The position after the parenthesis that closes the one at `start`.
    private static func endOfParenthesis(in sql: [UInt8], from start: Int) -> Int {
        var depth = 0
        var position = start
        while position < sql.count {
            if sql[position] == UInt8(ascii: "(") { depth += 1 }
            if sql[position] == UInt8(ascii: ")") { depth -= 1 }
            position = endOfToken(in: sql, from: position)
            if depth == 0 { break }
        }
        return position
    }

    /// The position after the word, the quoted text, the comment or the single character at `start`.
    private static func endOfToken(in sql: [UInt8], from start: Int) -> Int {
        let next = start + 1 < sql.count ? sql[start + 1] : 0
        switch (sql[start], next) {
        case (UInt8(ascii: "'"), _), (UInt8(ascii: "\""), _), (UInt8(ascii: "`"), _):
            // A doubled quote inside the text ends one token and starts the next.
            return end(in: sql, from: start + 1) { sql[$0] == sql[start] }
        case (UInt8(ascii: "["), _): return end(in: sql, from: start + 1) { sql[$0] == UInt8(ascii: "]") }
        case (UInt8(ascii: "-"), UInt8(ascii: "-")):
            return end(in: sql, from: start + 2) { sql[$0] == UInt8(ascii: "\n") }
        case (UInt8(ascii: "/"), UInt8(ascii: "*")):
            return end(in: sql, from: start + 3) { sql[$0] == UInt8(ascii: "/") && sql[$0 - 1] == UInt8(ascii: "*") }
        default:
            guard isWord(sql[start]) else { return start + 1 }
            return sql[start...].firstIndex { !isWord($0) } ?? sql.count
        }
    }

    /// The position after the first byte from `start` at which `isLast` is true.
    private static func end(in sql: [UInt8], from start: Int, _ isLast: (Int) -> Bool) -> Int {
        var position = start
        while position < sql.count {
            if isLast(position) { return position + 1 }
            position += 1
        }
        return sql.count
    }

    /// True for white space and comments, which may stand between the keyword and its expression.
    private static func isBlank(_ sql: [UInt8], _ position: Int) -> Bool {
        let next = position + 1 < sql.count ? sql[position + 1] : 0
        return sql[position] <= 0x20 || sql[position] == UInt8(ascii: "-") && next == UInt8(ascii: "-")
            || sql[position] == UInt8(ascii: "/") && next == UInt8(ascii: "*")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    private static func isCheck(_ word: ArraySlice<UInt8>) -> Bool { word.map { $0 | 0x20 } == Array("check".utf8) }
}
