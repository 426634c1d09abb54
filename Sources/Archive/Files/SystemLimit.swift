import Glibc

/// A limit of the system that a call has reached, derived from its error number.
enum SystemLimit {
    /// The error code, the reason in words, and a hint for the user.
    ///
    /// `nil` for an error that does not come from a limit.
    static func meaning(of number: Int32) -> (code: ArchiveError.Code, reason: String, hint: String)? {
        switch number {
        case ENOSPC: (.diskFull, "the disk is full", "free some space or inodes; what is stored so far is safe")
        case EDQUOT:
            (.diskFull, "the disk quota is used up", "raise the quota or free some space; what is stored is safe")
        case EFBIG: (.fileTooLarge, "the limit for the size of a file is reached\(fileSize)", "raise it ('ulimit -f')")
        case EMFILE: (.ioFailed, "too many open files\(descriptors)", "raise the limit ('ulimit -n')")
        case ENFILE: (.ioFailed, "the system has too many open files", "raise fs.file-max")
        case ENOMEM:
            (.ioFailed, "there is no memory or address space left", "raise the limit ('ulimit -v') or the memory")
        default: nil
        }
    }

    /// The limit for open files, if it is reached at present.
    static var ofOpenFiles: (code: ArchiveError.Code, reason: String, hint: String)? {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return meaning(of: errno) }
        close(descriptor)
        return nil
    }

    /// The process's file size limit in bytes; `nil` if there is none.
    static var fileBytesMax: Int64? { limit(Int32(RLIMIT_FSIZE.rawValue)).map { Int64(clamping: $0) } }

    private static var fileSize: String { fileBytesMax.map { ": \($0) bytes" } ?? "" }
    private static var descriptors: String { limit(Int32(RLIMIT_NOFILE.rawValue)).map { ": \($0)" } ?? "" }

    private static func limit(_ resource: Int32) -> UInt64? {
        var limits = rlimit()
        guard getrlimit(resource, &limits) == 0, limits.rlim_cur != rlim_t.max else { return nil }
        return UInt64(limits.rlim_cur)
    }
}
