import JSONScanning
import MarketModel
import SignalRProtocol

extension MT4Dialect {
    /// Sends `Connect`, which makes the hub reach out for its MT4 server.
    mutating func connect(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        calls = [MT4Call(method: .connect)]
        send(callAt: 0, now: now, outgoing: &outgoing)
        enter(.awaitingConnect, now: now)
    }

    /// Sends all subscriptions in one go.
    mutating func subscribe(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        for call in subscription.calls {
            calls.append(call)
            send(callAt: calls.count - 1, now: now, outgoing: &outgoing)
        }
        enter(.awaitingSubscriptions, now: now)
        noteProgress()
    }

    /// Reads what became of a call.
    mutating func complete(
        _ record: HubRecord,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        guard let id = record.invocationID.flatMap(Self.callNumber),
            let index = calls.firstIndex(where: { $0.id == id && !$0.isCompleted })
        else { return }
        calls[index].isCompleted = true
        let failure = record.error.map { $0.text ?? "no reason given" }
        if calls[index].method == .connect {
            let problem = failure ?? (record.result?.boolean == false ? "the hub is not connected to MT4" : nil)
            if let problem {
                normaliser.appendOddity("Connect", reason: problem, origin: &context.origin, events: &events)
            }
            // Some hubs do not have the method, and one that is not connected yet may be later.
            if stage == .awaitingConnect { subscribe(now: context.now, outgoing: &outgoing) }
        } else if let failure {
            retry(callAt: index, after: failure, now: context.now, outgoing: &outgoing)
        } else if calls[index].isStream {
            end("the hub ended \(calls[index].method.name)", isFailure: false)
        }
        noteProgress()
    }

    /// Answers a server that wants a result from us: nobody here has one.
    mutating func refuseResult(of record: HubRecord, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard stage != .offline, let id = record.invocationID else { return }
        let start = outgoing.bytes.count
        HubRecordWriter.appendCompletion(
            of: id,
            .error("Client didn't provide a result."),
            to: &outgoing.bytes
        )
        outgoing.endMessage(from: start, tsRecv: now)
        lastSent = now
    }

    mutating func readClose(_ record: HubRecord) {
        if let error = record.error {
            end("the hub closed the connection: \(error.text ?? "no reason given")", isFailure: true)
        } else {
            end("the hub said goodbye", isFailure: false)
        }
    }

    /// Ends a conversation that no longer answers.
    mutating func checkPatience(now: UnixNanoseconds) {
        guard stage != .offline, ending == nil else { return }
        if now.since(lastHeard) > Self.serverTimeout {
            end("the hub was silent for more than \(Self.serverTimeout.components.seconds) s", isFailure: true)
            return
        }
        let waited = now.since(waitingSince)
        switch stage {
        case .awaitingHandshake where waited > Self.answerTimeout:
            end("the hub did not answer the handshake", isFailure: true)
        case .awaitingConnect where waited > .milliseconds(subscription.connectTimeoutMs) + Self.answerTimeout:
            end("the hub did not answer Connect", isFailure: true)
        case .awaitingSubscriptions where waited > Self.answerTimeout:
            let call = calls.first { !$0.isSettled }
            end("the hub did not answer \(call?.method.name ?? "the subscription")", isFailure: true)
        default: break
        }
    }

    /// The first reason counts: what follows is its consequence.
    mutating func end(_ reason: String, isFailure: Bool) {
        guard stage != .offline, ending == nil else { return }
        ending = DialectOutcome.Ending(reason: reason, isFailure: isFailure)
    }

    // MARK: Inside

    /// Repeats a call with positional arguments where the object did not bind, and gives up on anything else.
    private mutating func retry(
        callAt index: Int,
        after failure: String,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) {
        let call = calls[index]
        let isBindError = failure.hasPrefix("Failed to invoke") && !failure.contains("user is unauthorized")
        guard isBindError, !call.isPositional else {
            end("the hub refused \(call.method.name): \(failure)", isFailure: true)
            return
        }
        calls[index].isPositional = true
        calls[index].isCompleted = false
        send(callAt: index, now: now, outgoing: &outgoing)
        waitingSince = now
    }

    private mutating func send(callAt index: Int, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        lastID += 1
        calls[index].id = lastID
        let call = calls[index]
        let start = outgoing.bytes.count
        HubRecordWriter.appendInvocation(
            of: "\(call.method.name)",
            invocationID: String(lastID),
            arguments: call.arguments(for: subscription),
            isStream: call.isStream,
            to: &outgoing.bytes
        )
        outgoing.endMessage(from: start, tsRecv: now)
        lastSent = now
    }

    private mutating func enter(_ stage: Stage, now: UnixNanoseconds) {
        self.stage = stage
        waitingSince = now
    }

    private mutating func noteProgress() {
        guard stage == .awaitingSubscriptions, ending == nil, calls.allSatisfy(\.isSettled) else { return }
        stage = .subscribed
    }

    /// The number in the JSON text of an id, which was sent as a string.
    private static func callNumber(of id: UnsafeRawBufferPointer) -> Int? {
        var number = 0
        let digits = id.first == UInt8(ascii: "\"") ? UnsafeRawBufferPointer(rebasing: id.dropFirst().dropLast()) : id
        guard !digits.isEmpty, digits.count < 10 else { return nil }
        for digit in digits {
            guard digit &- 0x30 <= 9 else { return nil }
            number = number * 10 + Int(digit &- 0x30)
        }
        return number
    }
}
