import SQLiteFormat

/// Pages of 512 bytes, cut from the input.
private struct Pages: PageSource {
    let bytes: [UInt8]
    var pageCount: UInt32 { UInt32((bytes.count + 511) / 512) }

    func page(_ number: UInt32) -> [UInt8]? {
        let start = (Int(number) - 1) * 512
        guard start >= 0, start + 512 <= bytes.count else { return nil }
        return Array(bytes[start..<start + 512])
    }
}

/// Called by libFuzzer for every input: a damaged database, and the same bytes as a write-ahead log.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzPages(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    var header = DatabaseHeader(bytes) ?? .usual
    (header.pageBytes, header.usableBytes) = (512, 512)
    var walk = DatabaseWalk(Pages(bytes: bytes), header: header)
    var rows = 0
    walk.walk(root: 1, isIndex: false) { row in
        rows += row.values.count
        return row.rowID.isMultiple(of: 2)
    }
    walk.walk(root: 2, isIndex: true) { _ in true }
    walk.walkOrphans { row, isIndex in isIndex || row.values.count > 1 }
    if var log = WriteAheadLog(header: Array(bytes.prefix(WriteAheadLog.headerBytes))) {
        var rest = bytes.dropFirst(WriteAheadLog.headerBytes)
        while log.take(frame: Array(rest.prefix(log.frameBytes))) { rest = rest.dropFirst(log.frameBytes) }
    }
    return 0
}
