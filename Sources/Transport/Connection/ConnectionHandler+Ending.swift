import MarketModel
import NIOCore
import TLSEngine
import WebSocketProtocol

extension ConnectionHandler {
    /// Begins the close handshake; aborts if no progress is made within ``ConnectionSettings/closeTimeout``.
    func close(code: UInt16, reason: String) {
        guard !isOver, closeTimer == nil else { return }
        guard !isChannelGone else { return abort(.network, "the connection ended") }
        sendOutgoing()
        guard farewell == nil else { return finishFarewell() }
        deferredPong = nil
        writeCloseFrame(engine.close(code: code, reason: reason)[...], at: now())
        publishSendState()
        status.advance(to: .closing)
        scheduleCloseTimer(bufferedBytesBefore: bufferedBytes)
    }

    private func scheduleCloseTimer(bufferedBytesBefore: Int) {
        guard let context else { return }
        closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: settings.closeTimeout.timeAmount) {
            [weak self] in
            guard let self, !isOver else { return }
            // A slow peer first has to receive what was sent before the close frame.
            let buffered = bufferedBytes
            if buffered < bufferedBytesBefore {
                scheduleCloseTimer(bufferedBytesBefore: buffered)
            } else {
                let timeout = settings.closeTimeout.shortText
                abort(.timedOut(.close), "the peer did not answer the close frame within \(timeout)")
            }
        }
    }

    private func writeCloseFrame(_ frame: ArraySlice<UInt8>, at time: UnixNanoseconds) {
        write(frame)
        guard settings.recordsEvents, let payload = ControlFrames(Array(frame)).first(where: \.isClose)?.payload else {
            return
        }
        let code = payload.count < 2 ? CloseCode.noneReceived : UInt16(payload[0]) << 8 | UInt16(payload[1])
        record(.closeSent(code: code, reason: String(decoding: payload.dropFirst(2), as: UTF8.self)), at: time)
    }

    /// Closes the channel without a close handshake.
    func abort(_ code: TransportError.Code, _ cause: String, tlsError: TLSError? = nil) {
        failure = failure ?? TransportError(code: code, description: cause, tlsError: tlsError)
        held.removeAll()
        if isChannelGone { channelGone() } else { context?.close(promise: nil) }
    }

    /// Discards incoming messages from now on, but goes on reading so that the peer's close frame is seen.
    func discardIncoming() {
        monitor.update { state in
            state.isDiscarding = true
            state.forgetReceived()
            state.isReadingPaused = false
        }
        resumeReading()
    }

    // MARK: The peer ends it

    /// Handles the end of the engine: by the peer's close frame, by its protocol violation, or by the end of its
    /// stream.
    ///
    /// If the consumer has not finished with earlier messages, `closeFrame` waits for its answers.
    func connectionEnds(_ info: CloseInfo, closeFrame: ArraySlice<UInt8>, at time: UnixNanoseconds) {
        if let error = info.error {
            failure =
                failure
                ?? TransportError(code: .protocolViolation(closeCode: info.code), description: error, closeInfo: info)
        } else {
            record(.closeReceived(code: info.code, reason: info.reason), at: time)
        }
        status.advance(to: .closing)
        guard closeTimer == nil, settings.lastAnswersTimeout > .zero, let context else {
            return endChannel(info, closeFrame: closeFrame)
        }
        let (isUnanswered, isSending) = monitor.update { state in
            state.isAwaitingAnswers = !state.received.isEmpty || state.consumer == .busy
            return (state.isAwaitingAnswers, !state.outgoing.isEmpty)
        }
        guard isUnanswered || isSending else { return endChannel(info, closeFrame: closeFrame) }
        let delay = settings.lastAnswersTimeout.timeAmount
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            guard let self else { return }
            finishFarewell()
        }
        let sender = settings.sender(role: engine.role)
        farewell = Farewell(info: info, closeFrame: closeFrame, timer: timer, sender: sender)
        if !isUnanswered { finishFarewell() }
    }

    /// Ends the connection once the consumer has answered, or its time is up.
    func finishFarewell() {
        guard let farewell, !isOver else { return }
        sendOutgoing()
        farewell.timer.cancel()
        endChannel(farewell.info, closeFrame: farewell.closeFrame)
    }

    /// Closes the channel: a server at once (RFC 6455 §7.1.1), a client one second later, so that the server is first.
    private func endChannel(_ info: CloseInfo, closeFrame: ArraySlice<UInt8>) {
        if !closeFrame.isEmpty {
            deferredPong = nil
            writeCloseFrame(closeFrame, at: now())
        }
        finish(info)
        guard let channel = context?.channel else { return }
        if engine.role == .server {
            channel.closeLingering(flushTimeout: settings.closeTimeout) { [self] in hasInputEnded }
        } else {
            channel.closeLater(after: .seconds(1))
        }
        resumeReading()
    }

    // MARK: The channel ends

    /// The peer has closed its half of the stream; it may still read our answers.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inputEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func inputEnded() {
        hasInputEnded = true
        // The held input must be received first.
        if !isOver, farewell == nil, held.isEmpty { connectionLost() }
    }

    private func connectionLost() {
        let info = engine.connectionEnded(error: failure?.description)
        let cause = info.error ?? "the connection ended"
        failure = failure ?? TransportError(code: .network, description: cause, closeInfo: info)
        connectionEnds(info, closeFrame: [], at: now())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            abort(.tls, ErrorText.of(error), tlsError: error)
        } else {
            abort(.network, ErrorText.of(error))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        channelGone()
        context.fireChannelInactive()
    }

    /// Ends the connection; if the peer ended it, the consumer first receives the held input.
    func channelGone() {
        isChannelGone = true
        guard held.isEmpty || isOver || farewell != nil || failure != nil else {
            hasInputEnded = true
            return
        }
        finish(engine.connectionEnded(error: failure?.description))
    }

    func finish(_ info: CloseInfo) {
        guard !isOver else { return }
        let statistics = statistics
        isOver = true
        closeTimer?.cancel()
        if let farewell {
            farewell.timer.cancel()
            lastAnswers = farewell.sender.statistics
        }
        farewell = nil
        stopWatching()
        if let error = info.error, failure == nil {
            failure = TransportError(code: .network, description: error, closeInfo: info)
        }
        monitor.update { [failure] state in
            state.closeInfo = info
            state.failure = failure
            state.canSend = false
            state.isAwaitingAnswers = false
            state.statistics = statistics
        }
        status.advance(to: .closed(.ended(info)), error: failure)
        for topic in [ConnectionTopic.received, .writable, .closed, .event] { monitor.wake(topic) }
    }
}
