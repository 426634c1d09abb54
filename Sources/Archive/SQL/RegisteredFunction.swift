import CMessageTable
import CSQLite

/// A function for SQL on one connection, which it must outlive.
final class RegisteredFunction: Sendable {
    private let function: SQLFunction

    init(_ function: SQLFunction) { self.function = function }

    /// Registers the function; returns an SQLite result code.
    func register(on handle: OpaquePointer?) -> Int32 {
        var calls = feedrec_function()
        calls.context = Unmanaged.passUnretained(self).toOpaque()
        calls.column_count = Int32(function.columns.count)
        calls.parameter_count = Int32(function.parameters.count)
        calls.required_count = Int32(function.requiredCount)
        calls.begin = Self.begin
        calls.next = Self.next
        calls.value = Self.value
        calls.end = { rows in rows.map { Unmanaged<Call>.fromOpaque($0).release() } }
        return feedrec_register_function(handle, function.name, function.declaration, function.usage, calls)
    }

    /// The rows of one call.
    private final class Call {
        let next: SQLFunction.Rows
        let arguments: [SQLValue]
        var row: [SQLValue] = []

        init(_ next: @escaping SQLFunction.Rows, _ arguments: [SQLValue]) {
            self.next = next
            self.arguments = arguments
        }
    }

    private typealias Begin =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<OpaquePointer?>?, Int32,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> Int32

    private static let begin: Begin = { context, arguments, count, rows, error in
        guard let context, let arguments, let rows else { return SQLITE_MISUSE }
        let function = Unmanaged<RegisteredFunction>.fromOpaque(context).takeUnretainedValue().function
        let values = (0..<Int(count)).map { arguments[$0].map { SQLValue(argument: $0) } ?? .null }
        do {
            let call = Call(try function.call(values), values)
            rows.pointee = Unmanaged.passRetained(call).toOpaque()
            return SQLITE_OK
        } catch let failure {
            return report(failure, error)
        }
    }

    private typealias Next =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutablePointer<Bool>?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> Int32

    private static let next: Next = { rows, hasRow, error in
        guard let rows, let hasRow else { return SQLITE_MISUSE }
        let call = Unmanaged<Call>.fromOpaque(rows).takeUnretainedValue()
        do {
            let row = try call.next()
            call.row = (row ?? []) + call.arguments
            hasRow.pointee = row != nil
            return SQLITE_OK
        } catch let failure {
            return report(failure, error)
        }
    }

    private static let value: @convention(c) (UnsafeMutableRawPointer?, Int32, OpaquePointer?) -> Void = {
        rows,
        column,
        result in
        guard let rows else { return }
        let row = Unmanaged<Call>.fromOpaque(rows).takeUnretainedValue().row
        if row.indices.contains(Int(column)) { row[Int(column)].give(to: result) }
    }

    /// Gives SQLite the text of an error.
    private static func report(
        _ failure: any Error,
        _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> Int32 {
        let bytes = Array("\(failure)".utf8) + [0]
        guard let copy = sqlite3_malloc64(UInt64(bytes.count)) else { return SQLITE_NOMEM }
        copy.copyMemory(from: bytes, byteCount: bytes.count)
        error?.pointee = copy.assumingMemoryBound(to: CChar.self)
        return SQLITE_ERROR
    }
}

extension SQLValue {
    /// Reads an argument of a function.
    fileprivate init(argument: OpaquePointer) {
        switch sqlite3_value_type(argument) {
        case SQLITE_INTEGER: self = .integer(sqlite3_value_int64(argument))
        case SQLITE_FLOAT: self = .real(sqlite3_value_double(argument))
        case SQLITE_NULL: self = .null
        case let type:
            let base = sqlite3_value_blob(argument)
            let count = base == nil ? 0 : Int(sqlite3_value_bytes(argument))
            let bytes = UnsafeRawBufferPointer(start: base, count: count)
            let text = type == SQLITE_TEXT ? String(validating: bytes, as: UTF8.self) : nil
            self = text.map { .text($0) } ?? .blob(Array(bytes))
        }
    }

    /// Returns the value from a function.
    fileprivate func give(to result: OpaquePointer?) {
        // SQLITE_TRANSIENT, a macro that Swift does not import: SQLite copies the bytes.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .null: sqlite3_result_null(result)
        case .integer(let value): sqlite3_result_int64(result, value)
        case .real(let value): sqlite3_result_double(result, value)
        case .text(let text): sqlite3_result_text(result, text, Int32(clamping: text.utf8.count), transient)
        case .blob(let bytes): sqlite3_result_blob(result, bytes, Int32(clamping: bytes.count), transient)
        }
    }
}
