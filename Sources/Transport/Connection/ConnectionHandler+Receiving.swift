import MarketModel
import NIOCore
import WebSocketProtocol

extension ConnectionHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        announceMessages()
    }

    /// Takes bytes from the peer, including those that arrived with the handshake; see ``announceMessages()``.
    func take(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        // If the wall clock is set back, receive times stand still until it catches up: they never decrease.
        let receivedAt = max(lastReceivedAt, now())
        lastReceivedAt = receivedAt
        guard engine.deflate != nil else {
            return buffer.withUnsafeReadableBytes { receive($0, at: receivedAt) }
        }
        held.append(buffer, receivedAt: receivedAt)
        receiveHeld()
    }

    /// Queues messages that came another way, behind those that were read until now, with the present time.
    ///
    /// They pass the tap as if they had been read. After the end of the connection, they are dropped.
    func insert(_ batch: MessageBatch) {
        guard !isOver, farewell == nil else { return }
        let receivedAt = max(lastReceivedAt, now())
        lastReceivedAt = receivedAt
        tapped.batch = batch
        for index in tapped.batch.entries.indices { tapped.batch.entries[index].tsRecv = receivedAt }
        settings.tap?.take(&tapped.batch)
        monitor.update { tapped.move(to: &$0) }
        hasNewMessages = true
        announceMessages()
    }

    /// Wakes the consumer once for everything that was read in one go, or later if messages are to gather.
    func announceMessages() {
        guard hasNewMessages else { return }
        hasNewMessages = false
        if !gather() { monitor.wake(.received) }
    }

    /// Leaves the messages in the queue until ``ConnectionSettings/gatherTime`` has passed since the last wake.
    ///
    /// Returns false if it has passed, or if the consumer must be woken at once.
    private func gather() -> Bool {
        guard let interval = settings.gatherTime, let context else { return false }
        guard !isReadingPaused, !isOver, farewell == nil else { return false }
        guard !isGathering else { return true }
        let now = NIODeadline.now()
        guard now < gatherUntil else {
            gatherUntil = now + interval.timeAmount
            return false
        }
        isGathering = true
        context.eventLoop.assumeIsolated().scheduleTask(deadline: gatherUntil) { [weak self] in
            guard let self else { return }
            isGathering = false
            gatherUntil = .now() + interval.timeAmount
            monitor.wake(.received)
        }
        return true
    }

    /// Delays NIO's automatic reads while the queue is full.
    func read(context: ChannelHandlerContext) {
        if isReadingPaused { hasDeferredRead = true } else { context.read() }
    }

    /// Resumes reading after the queue has been taken.
    func resumeReading() {
        if isReadingPaused { restartPongTimer() }
        isReadingPaused = false
        receiveHeld()
        announceMessages()
        guard !isReadingPaused else { return }
        if hasInputEnded { inputEnded() }
        guard hasDeferredRead else { return }
        hasDeferredRead = false
        context?.read()
    }

    /// Inflates the held input slice by slice until the queue is full: compressed input can grow a thousandfold.
    private func receiveHeld() {
        while !isReadingPaused, !isOver, farewell == nil, let (slice, receivedAt) = held.next() {
            slice.withUnsafeReadableBytes { receive($0, at: receivedAt) }
        }
        if isOver || farewell != nil { held.removeAll() }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, at receivedAt: UnixNanoseconds) {
        guard !isOver, farewell == nil else { return }
        let tap = settings.tap
        if let tap {
            // Receives into a separate batch, because the tap must not be called while the monitor's lock is held.
            tapped.receive(bytes, at: receivedAt, with: &engine, actions: &actions)
            if !tapped.batch.isEmpty { tap.take(&tapped.batch) }
        }
        let (isNew, isFull) = monitor.update { state in
            if tap != nil {
                tapped.move(to: &state)
            } else {
                if state.received.isEmpty { state.received.bytes.reserveCapacity(bytes.count) }
                engine.receive(
                    bytes,
                    receivedAt: receivedAt,
                    into: &state.received,
                    parts: &state.receivedParts,
                    actions: &actions
                )
            }
            if state.isDiscarding { state.forgetReceived() }
            state.statistics = engine.statistics
            let isFull = state.queuedBytes >= settings.receiveQueueBytesMax
            state.isReadingPaused = isFull
            return (!state.received.isEmpty, isFull)
        }
        hasNewMessages = isNew
        isReadingPaused = isFull
        if !actions.isEmpty { performActions(at: receivedAt) }
    }
}
