import Archive
import MarketModel

/// Finds the recordings of a verb, and warns about files in their directories that are not read.
enum ArchiveNotice {
    /// Resolves the paths of a command line, and prints each finding as a warning or note on standard error.
    static func locate(_ paths: [String], includingDamaged: Bool = false) throws -> ArchiveLocation {
        let location = try ArchiveLocation(paths, includingDamaged: includingDamaged)
        for finding in location.findings { warn(of: finding) }
        return location
    }

    static func warn(of finding: ArchiveFinding) {
        StandardError.write("feedrec: \(finding.isDataMissing ? "warning" : "note"): \(finding)")
    }

    /// Ends a verb that has done its work with status 3 if rows may be missing from what it read.
    static func endIfDataIsMissing(_ location: ArchiveLocation) throws {
        let count = location.findings.count(where: \.isDataMissing)
        guard count > 0 else { return }
        throw EndedEarly(
            status: ExitStatus.dataMissing,
            line: "data is missing: \(Counted.text(count, "file is", "files are")) incomplete or unread"
        )
    }
}
