import Synchronization

/// All formats of message files, in the order of help texts and of detection.
///
/// To add a format, add it to this list.
private let formats = Mutex<[MessageLineFormat]>([
    .ns,
    .cf,
    .tsv,
    .jsonl,
])

extension MessageLineFormat {
    /// All formats, in the order of help texts and of detection.
    package static var all: [MessageLineFormat] { formats.withLock { $0 } }

    /// Adds a format that is not part of feedrec, such as one of a test.
    ///
    /// Call it before a command line is read. A format with the same name is replaced.
    package static func register(_ format: MessageLineFormat) {
        formats.withLock { list in
            list.removeAll { $0.name == format.name }
            list.append(format)
        }
    }
}
