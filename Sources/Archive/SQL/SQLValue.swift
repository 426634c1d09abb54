/// One value of a query's result, with SQLite's storage class.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// What a running SQL text yields, in this order for each of its statements.
package enum SQLEvent: Sendable {
    /// A statement that returns rows begins: the names of its columns.
    case columns([String])
    /// One row, as many values as there are columns.
    case row([SQLValue])
}
