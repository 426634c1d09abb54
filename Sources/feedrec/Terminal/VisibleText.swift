/// Makes outside text, such as symbols and file names, safe to show on a terminal.
///
/// A control character can move the cursor, change colours or ring the bell. A character that changes the writing
/// direction can disguise text. Both are shown as JSON escapes: `\u001b`, `\n`, `\u202e`. CSV and JSON output, which
/// programs read, stays unchanged.
enum VisibleText {
    /// Returns `text` with escapes for control characters and invisible characters.
    ///
    /// The result has no line break. If `text` is JSON, the result is equivalent JSON.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var visible = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isHidden(scalar) {
                visible.append(contentsOf: escape(of: scalar).unicodeScalars)
            } else {
                visible.append(scalar)
            }
        }
        return String(visible)
    }

    /// Returns the number of terminal columns of `text`, which must be escaped already.
    ///
    /// Most East Asian characters and emoji take two.
    static func columns(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + columns(of: $1) }
    }

    /// Returns `text`, escaped and padded with blanks to `width` columns.
    static func padded(_ text: String, to width: Int) -> String {
        let visible = escaped(text)
        return visible + String(repeating: " ", count: max(0, width - columns(visible)))
    }

    /// Controls (C0, C1, DEL), line and paragraph separators, and format characters: directions, joiners, marks, tags.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20...0x7E).contains(scalar.value) { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isVariationSelector
        }
    }

    private static func escape(of scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: String(scalar).utf16.map { "\\u" + hexadecimal($0) }.joined()
        }
    }

    private static func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func columns(of character: Character) -> Int {
        let scalars = character.unicodeScalars
        if scalars.contains(where: { $0.value == 0xFE0F || isWide($0) }) { return 2 }
        return scalars.contains { !isCombining($0) } ? 1 : 0
    }

    private static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        default: false
        }
    }

    /// East Asian wide and full-width characters (Unicode Standard Annex 11), and emoji with emoji presentation.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isEmojiPresentation { return true }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
            0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD:
            return true
        default: return false
        }
    }
}
