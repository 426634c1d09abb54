import TLSEngine
import Transport
import WebSocketProtocol

extension WebSocketError {
    init(_ error: TransportError) {
        self.init(
            code: Code(error.code, error),
            description: error.description,
            isRetryable: error.isRetryable,
            stage: Stage(error.code),
            httpStatus: error.httpStatus,
            closeCode: error.closeCode,
            tlsErrors: error.tlsError?.stack ?? []
        )
    }

    /// Converts what sending and receiving throw: an error of the transport, or a cancellation.
    init(any error: any Error) {
        switch error {
        case let error as TransportError: self.init(error)
        case is CancellationError: self.init(code: .cancelled, description: "cancelled")
        default: self.init(code: .other, description: String(describing: error))
        }
    }
}

extension WebSocketError {
    static func invalidOption(_ detail: String) -> WebSocketError {
        WebSocketError(code: .invalidOption, description: "bad option: \(detail)")
    }

    static func tlsConfiguration(_ error: TLSError) -> WebSocketError {
        WebSocketError(code: .tlsConfiguration, description: error.description, tlsErrors: error.stack)
    }
}

extension WebSocketError.Code {
    fileprivate init(_ code: TransportError.Code, _ error: TransportError) {
        self =
            switch code {
            case .invalidURL: .invalidURL
            case .invalidProxy: .invalidProxy
            case .unknownHost: .unknownHost
            case .connectionRefused: .connectionRefused
            case .network: .network
            case .timedOut: .timedOut
            case .proxy: .proxy
            case .tlsConfiguration: .tlsConfiguration
            case .certificate: .certificate
            case .tls: .tls
            case .handshake: .handshake
            case .redirected: .redirected
            case .protocolViolation: .protocolViolation
            case .closed: .closed
            case .aborted: .aborted
            case .addressInUse: .addressInUse
            case .cannotListen: .cannotListen
            case .tooManyConnections: .other
            case .cancelled: .cancelled
            }
    }
}

extension WebSocketError.Stage {
    fileprivate init?(_ code: TransportError.Code) {
        guard case .timedOut(let stage) = code else { return nil }
        self =
            switch stage {
            case .connect: .connect
            case .proxy: .proxy
            case .tls: .tls
            case .handshake: .handshake
            case .idle: .idle
            case .pong: .pong
            case .send: .send
            case .close: .close
            }
    }
}

extension TransportError {
    fileprivate var httpStatus: Int? {
        switch code {
        case .handshake(let status): status
        case .redirected(let status): status
        case .proxy(.answered(let status)): status
        case .proxy(.authentication): 407
        default: nil
        }
    }

    fileprivate var closeCode: UInt16? {
        if case .protocolViolation(let code) = code { return code }
        return closeInfo?.code
    }
}
