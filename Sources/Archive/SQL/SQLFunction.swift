/// A function in SQL that returns a table whose rows Swift computes.
package struct SQLFunction: Sendable {
    /// Returns the next row, a value for each column; `nil` at the end.
    package typealias Rows = () throws -> [SQLValue]?

    /// A parameter, by its name and type as in a table declaration, such as `depth INTEGER`.
    ///
    /// A query may compare it like a column: `book('BTCUSDT', 0)` is `book WHERE symbol = 'BTCUSDT' AND ts = 0`.
    package let parameters: [String]
    /// The number of parameters that each call must give, which come first.
    package let requiredCount: Int
    package let name: String
    /// Names and types of the columns, as in a table declaration.
    package let columns: [String]
    /// The error of a call without a required parameter.
    package let usage: String
    /// Begins a call.
    ///
    /// A parameter that is not given is `null`. The description of an error is that of the query.
    package let call: @Sendable ([SQLValue]) throws -> Rows

    package init(
        _ name: String,
        parameters: [String],
        requiredCount: Int,
        columns: [String],
        usage: String,
        call: @escaping @Sendable ([SQLValue]) throws -> Rows
    ) {
        self.name = name
        self.parameters = parameters
        self.requiredCount = requiredCount
        self.columns = columns
        self.usage = usage
        self.call = call
    }

    /// The function as the table that SQLite sees.
    var declaration: String {
        "CREATE TABLE x(" + (columns + parameters.map { $0 + " HIDDEN" }).joined(separator: ", ") + ")"
    }
}
