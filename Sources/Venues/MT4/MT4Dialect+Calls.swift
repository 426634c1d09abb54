import JSONScanning
package import MarketModel
import SignalRProtocol

extension MT4Dialect {
    /// Goes on after the handshake: the test hub has nothing to connect to.
    mutating func greet(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if subscription.hub == .test {
            subscribe(now: now, outgoing: &outgoing)
        } else {
            connect(now: now, outgoing: &outgoing)
            enter(.awaitingConnect, now: now)
        }
    }

    /// Sends `Connect`, which makes the hub reach out for its trade server.
    private mutating func connect(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if calls.isEmpty { calls.append(MT4Call("Connect", .connect)) }
        calls[0].isCompleted = false
        send(callAt: 0, now: now, outgoing: &outgoing)
    }

    /// Calls `Connect` again where it failed and the time has come.
    mutating func repeatConnect(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard let time = connectAgainAt, now >= time, stage == .awaitingSubscriptions || stage == .subscribed else {
            return
        }
        connectAgainAt = nil
        connect(now: now, outgoing: &outgoing)
    }

    /// Sends all subscriptions in one go.
    private mutating func subscribe(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        for call in subscription.calls {
            calls.append(call)
            send(callAt: calls.count - 1, now: now, outgoing: &outgoing)
        }
        enter(.awaitingSubscriptions, now: now)
    }

    /// Takes back what was asked for, before an orderly close; no answer is waited for.
    package mutating func leave(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard stage == .awaitingSubscriptions || stage == .subscribed, ending == nil else { return }
        stage = .leaving
        let first = outgoing.count
        for index in calls.indices where calls[index].id > 0 && !calls[index].isRefused {
            if calls[index].isStream, !calls[index].isCompleted {
                let start = outgoing.bytes.count
                HubRecordWriter.appendCancel(of: Array("\"\(calls[index].id)\"".utf8), to: &outgoing.bytes)
                outgoing.endMessage(from: start, tsRecv: now)
            } else if let opposite = calls[index].opposite {
                calls.append(opposite)
                send(callAt: calls.count - 1, now: now, outgoing: &outgoing)
            }
        }
        encode(&outgoing, from: first)
        lastSent = now
    }

    /// Reads what became of a call.
    mutating func complete(
        _ record: HubRecord,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        guard stage != .leaving, let id = record.invocationID.flatMap(Self.callNumber),
            let index = calls.place(ofID: id)
        else { return }
        calls[index].isCompleted = true
        let failure = record.error.map { $0.text ?? "no reason given" }
        if let failure, calls[index].hasPositionalForm, !calls[index].isPositional, Self.isBindError(failure) {
            repeatPositionally(callAt: index, now: context.now, outgoing: &outgoing)
            // Of a stream nothing more may come to tell by.
            if calls[index].isStream { unreported.insert(index) }
        } else if calls[index].arguments == .connect {
            completeConnect(record, failure, &context, events: &events, outgoing: &outgoing)
        } else if let failure {
            refuse(callAt: index, failure, &context, events: &events)
        } else if calls[index].isStream {
            end("the hub ended \(calls[index].method)", .goodbye)
        } else if calls[index].isRefused {
            calls[index].againAt = nil
            calls[index].delay = MT4Call.delayFirst
            unreported.insert(index)
        }
        noteProgress(now: context.now)
    }

    /// Goes on without a subscription that the hub refused, as long as there is another; it is asked for again later.
    ///
    /// A stream that breaks after it had begun is no refusal: what it would have said is missing.
    private mutating func refuse(
        callAt index: Int,
        _ failure: String,
        _ context: inout MT4Reception,
        events: inout MarketEvents
    ) {
        let (method, name) = (calls[index].method, calls[index].name)
        if calls[index].isStream, context.now.since(calls[index].sentAt) > Self.answerTimeout {
            return end("the hub broke off \(method): \(failure)", .failure)
        }
        let isKnown = calls[index].delay > MT4Call.delayFirst
        calls[index].refuse(now: context.now)
        guard !calls.areAllRefused else {
            let others = calls.subscriptionCount > 1 ? ", and all else that was asked for" : ""
            return end("the hub refused \(name)\(others): \(failure)", .refused)
        }
        events.venueEvents.append(calls[index].refusal(because: failure, origin: context.origin))
        guard !isKnown else { return }
        unreported.insert(index)
        context.notices.append("the hub refused \(name): \(failure); the rest goes on")
    }

    /// Calls again what the hub refused, where the time has come.
    mutating func repeatRefused(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard stage == .subscribed else { return }
        for index in calls.indices {
            guard let time = calls[index].againAt, now >= time, calls[index].isCompleted else { continue }
            calls[index].isCompleted = false
            // A stream that begins says nothing of that.
            if calls[index].isStream { calls[index].againAt = nil }
            send(callAt: index, now: now, outgoing: &outgoing)
        }
    }

    /// Some hubs do not have the method, and one that is not connected yet may be later: subscribe in any case.
    private mutating func completeConnect(
        _ record: HubRecord,
        _ failure: String?,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        let isRefused = record.result?.flag == false
        if let problem = failure ?? (isRefused ? "the hub is not connected to its trade server" : nil) {
            var origin = context.origin
            normaliser.appendOddity("Connect", reason: problem, origin: &origin, events: &events)
            events.venueEvents[events.venueEvents.count - 1].isOwn = true
            if failure?.hasPrefix("Unknown hub method") != true {
                connectAgainAt = context.now.advanced(by: connectDelay)
                connectDelay = min(connectDelay * 2, Self.connectDelayMax)
            }
        } else {
            connectDelay = Self.connectDelayFirst
        }
        if isRefused == isLinked, isRefused || failure == nil {
            isLinked = !isRefused
            let detail = isLinked ? "Connect succeeded" : "the hub is not connected to its trade server"
            events.linkChanges.append(LinkChange(origin: context.origin, isUp: isLinked, detail: detail))
        }
        if let failure, stage == .awaitingConnect, subscription.calls.isEmpty {
            return end("the hub refused Connect: \(failure)", .refused)
        }
        if stage == .awaitingConnect { subscribe(now: context.now, outgoing: &outgoing) }
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
            end("the hub closed the connection: \(error.text ?? "no reason given")", .failure)
        } else {
            end("the hub said goodbye", .goodbye)
        }
        if !record.allowReconnect { ending?.isReturnWelcome = false }
    }

    package mutating func listeningResumed(now: UnixNanoseconds) {
        lastHeard = max(lastHeard, now)
    }

    /// Ends a conversation that no longer answers.
    mutating func checkPatience(now: UnixNanoseconds) {
        guard stage != .offline, ending == nil else { return }
        if now.since(lastHeard) > Self.serverTimeout {
            end("the hub was silent for more than \(Self.serverTimeout.components.seconds) s", .silence)
            return
        }
        let waited = now.since(waitingSince)
        switch stage {
        case .awaitingHandshake where waited > handshakeTimeout:
            end("the hub did not answer the hub handshake within \(seconds(handshakeTimeout))", .unanswered)
        case .awaitingConnect where waited > .milliseconds(subscription.connectTimeoutMs) + Self.answerTimeout:
            end("the hub did not answer Connect", .unanswered)
        case .awaitingSubscriptions where waited > Self.answerTimeout:
            end("the hub did not answer \(calls.firstOpen?.name ?? "the subscription")", .unanswered)
        default: break
        }
    }

    /// The first reason counts: what follows is its consequence.
    mutating func end(_ reason: String, _ kind: DialectOutcome.Ending.Kind) {
        guard stage != .offline, ending == nil else { return }
        ending = DialectOutcome.Ending(reason: reason, kind: kind)
    }

    // MARK: Inside

    /// Repeats a call with positional arguments, where the object did not bind.
    private mutating func repeatPositionally(callAt index: Int, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        calls[index].isPositional = true
        calls[index].isCompleted = false
        send(callAt: index, now: now, outgoing: &outgoing)
        waitingSince = now
    }

    private func seconds(_ duration: Duration) -> String {
        "\((duration / .milliseconds(100)).rounded() / 10) s"
    }

    private static func isBindError(_ failure: String) -> Bool {
        failure.hasPrefix("Failed to invoke") && !failure.contains("user is unauthorized")
    }

    private mutating func send(callAt index: Int, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        lastID += 1
        calls[index].id = lastID
        calls[index].sentAt = now
        let call = calls[index]
        let start = outgoing.bytes.count
        HubRecordWriter.appendInvocation(
            of: call.method,
            invocationID: String(lastID),
            arguments: call.json(for: subscription),
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

    /// Notes that all calls are answered, and that the hub took at least one of them.
    mutating func noteProgress(now: UnixNanoseconds) {
        guard stage == .awaitingSubscriptions, ending == nil, calls.openCount == 0 else { return }
        let isTaken = calls.subscriptionCount == 0 || calls.takenCount > 0
        guard
            isTaken
                || calls.hasStream(
                    hasStreamed: hasStreamed,
                    notRefusedBy: { now.since($0.sentAt) >= Self.streamRefusalTime }
                )
        else { return }
        stage = .subscribed
        unreported = Set(calls.indices)
    }

    /// Says what the hub took and in which form: first of all calls, later of those that changed.
    mutating func reportSubscription(_ context: MT4Reception, events: inout MarketEvents) {
        guard stage == .subscribed, !unreported.isEmpty else { return }
        var object = JSONObjectWriter()
        object.text("hub", subscription.hub.rawValue)
        object.raw("calls", "[" + unreported.sorted().map { calls[$0].fact }.joined(separator: ",") + "]")
        var event = VenueEvent(origin: context.origin, kind: "subscription", json: Array(object.text().utf8))
        event.isOwn = true
        events.venueEvents.append(event)
        unreported.removeAll()
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
