/// One value of a query result, with SQLite's storage class.
///
/// Text that is not valid UTF-8 is a `blob`, so that no byte is replaced.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// The results of running SQL, in this order for each statement.
package enum SQLEvent: Sendable {
    /// The column names of a statement that returns rows.
    case columns([String])
    /// One row, with a value for each column.
    case row([SQLValue])
}
