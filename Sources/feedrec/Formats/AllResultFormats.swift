import Synchronization

/// All formats of query results, in the order of help texts.
///
/// To add a format, add it to this list.
private let formats = Mutex<[ResultFormat]>([
    .table,
    .csv,
    .json,
    .ndjson,
])

extension ResultFormat {
    /// All formats, in the order of help texts.
    static var all: [ResultFormat] { formats.withLock { $0 } }

    /// Adds a format that is not part of feedrec, such as one of a test.
    ///
    /// Call it before a command line is read. A format with the same name is replaced.
    static func register(_ format: ResultFormat) {
        formats.withLock { list in
            list.removeAll { $0.name == format.name }
            list.append(format)
        }
    }
}
