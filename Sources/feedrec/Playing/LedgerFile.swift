import Interchange
import MarketModel
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Writes down what a simulator sends, one JSON line per message, in the format of `export messages`.
///
/// The connection is the client's number.
final class LedgerFile: Sendable {
    fileprivate struct State {
        var descriptor: Int32
        var buffer: [UInt8] = []
        var failure: Int32?
    }

    private static let bufferBytesMax = 1 << 20
    private let path: String
    private let state: Mutex<State>

    init(path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure("cannot write the ledger '\(path)': \(String(cString: strerror(errno)))")
        }
        self.path = path
        state = Mutex(State(descriptor: descriptor))
    }

    func append(_ messages: MessageBatch, client: Int) {
        state.withLock { state in
            for index in 0..<messages.count {
                messages.withPayload(at: index) { payload in
                    NDJSONMessageWriter.append(
                        payload,
                        kind: messages.entries[index].kind,
                        direction: .sent,
                        tsRecv: messages.entries[index].tsRecv,
                        connection: Int64(client),
                        to: &state.buffer
                    )
                }
            }
            if state.buffer.count >= Self.bufferBytesMax { state.flush() }
        }
    }

    /// Writes the remaining lines; throws if any write has failed.
    func close() throws {
        let failure = state.withLock { state in
            state.flush()
            Self.closeDescriptor(state.descriptor)
            return state.failure
        }
        if let failure { throw Failure("cannot write the ledger '\(path)': \(String(cString: strerror(failure)))") }
    }

    private static func closeDescriptor(_ descriptor: Int32) {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #else
        Musl.close(descriptor)
        #endif
    }
}

extension LedgerFile.State {
    fileprivate mutating func flush() {
        buffer.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, failure == nil {
                let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written >= 0 { rest = rest.dropFirst(written) } else if errno != EINTR { failure = errno }
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
