/// The contents of a file, decompressed if its first bytes say so, whatever its name.
final class DecodedInput {
    private enum Decoder {
        case plain
        case gzip(GzipDecoder)
        case zstd(ZstdDecoder)
    }

    private let input: FileInput
    private let decoder: Decoder

    init(path: String) throws(ImportError) {
        input = try FileInput(path: path)
        _ = try input.fill(atLeast: 4)
        let magic = input.unread.prefix(4)
        if magic.starts(with: [0x1F, 0x8B]) {
            decoder = .gzip(try GzipDecoder(path: path))
        } else if magic.elementsEqual([0x28, 0xB5, 0x2F, 0xFD]) || Self.isSkippableFrame(magic) {
            decoder = .zstd(try ZstdDecoder(path: path))
        } else {
            decoder = .plain
        }
    }

    /// Writes bytes to the front of `output` and returns how many; 0 at the end.
    func read(into output: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        switch decoder {
        case .gzip(let gzip): return try gzip.read(from: input, into: output)
        case .zstd(let zstd): return try zstd.read(from: input, into: output)
        case .plain:
            guard try input.fill() else { return 0 }
            let chunk = input.unread.prefix(output.count)
            output.copyBytes(from: chunk)
            input.consume(chunk.count)
            return chunk.count
        }
    }

    /// Detects a frame of user data, with which zstd files may begin (RFC 8878 §3.1.2).
    private static func isSkippableFrame(_ magic: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = magic.first, first & 0xF0 == 0x50 else { return false }
        return magic.dropFirst().elementsEqual([0x2A, 0x4D, 0x18])
    }
}
