import Synchronization

/// All formats of exported messages, in the order of help texts.
///
/// To add a format, add it to this list.
private let formats = Mutex<[MessageExportFormat]>([
    .ndjson
])

extension MessageExportFormat {
    /// All formats, in the order of help texts.
    package static var all: [MessageExportFormat] { formats.withLock { $0 } }

    /// Adds a format that is not part of feedrec, such as one of a test.
    ///
    /// Call it before a command line is read. A format with the same name is replaced.
    package static func register(_ format: MessageExportFormat) {
        formats.withLock { list in
            list.removeAll { $0.name == format.name }
            list.append(format)
        }
    }
}
