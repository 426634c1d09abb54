/// The SQL that upgrades a recording from one schema version to the next, in order.
///
/// Step `n` (counted from 1) upgrades a file from `user_version` `n - 1` to `n`. A published step is never edited.
package enum Migrations {
    /// The `application_id` of every recording: "FREC".
    package static let applicationID: Int32 = 0x4652_4543

    /// The schema version of a file after all steps.
    package static var version: Int { steps.count }

    /// The text of each step.
    package static var steps: [String] {
        [
            PackageResources.v0001_initial_sql, PackageResources.v0002_hub_sql, PackageResources.v0003_journal_sql,
            PackageResources.v0004_upkeep_sql, PackageResources.v0005_field_sql,
            PackageResources.v0006_books_sql, PackageResources.v0007_derived_quotes_sql,
        ]
        .map { String(decoding: $0, as: UTF8.self) }
    }
}
