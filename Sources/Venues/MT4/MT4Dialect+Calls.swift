import JSONScanning
package import MarketModel
import SignalRProtocol

extension MT4Dialect {
    /// Continues after the handshake.
    ///
    /// The test hub has no trade server, so it gets no `Connect`.
    mutating func greet(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if subscription.hub == .test {
            subscribe(now: now, outgoing: &outgoing)
        } else {
            connect(now: now, outgoing: &outgoing)
            enter(.awaitingConnect, now: now)
        }
    }

    /// Sends `Connect`, which makes the hub connect to its trade server.
    private mutating func connect(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if calls.isEmpty { calls.append(MT4Call("Connect", .connect)) }
        calls[0].isCompleted = false
        send(callAt: 0, now: now, outgoing: &outgoing)
    }

    /// Repeats a failed `Connect` if it is due.
    mutating func repeatConnect(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard let time = connectAgainAt, now >= time, stage == .awaitingSubscriptions || stage == .subscribed else {
            return
        }
        connectAgainAt = nil
        connect(now: now, outgoing: &outgoing)
    }

    /// Sends all subscriptions at once.
    private mutating func subscribe(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        for call in subscription.calls {
            calls.append(call)
            send(callAt: calls.count - 1, now: now, outgoing: &outgoing)
        }
        enter(.awaitingSubscriptions, now: now)
    }

    /// Takes back the subscriptions before a clean close, without waiting for answers.
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

    /// Reads the result of a call.
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
            // A stream may send no further record that would trigger the report.
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

    /// Handles a refused subscription.
    ///
    /// The conversation continues if another subscription remains; the refused one is retried later.
    ///
    /// A stream that breaks after it had started is not refused: its data is missing.
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
            let others = calls.subscriptionCount > 1 ? " and all other subscriptions" : ""
            return end("the hub refused \(name)\(others): \(failure)", .refused)
        }
        events.venueEvents.append(calls[index].refusal(because: failure, origin: context.origin))
        guard !isKnown else { return }
        unreported.insert(index)
        context.notices.append("the hub refused \(name): \(failure); the others continue")
    }

    /// Repeats refused calls that are due.
    mutating func repeatRefused(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard stage == .subscribed else { return }
        for index in calls.indices {
            guard let time = calls[index].againAt, now >= time, calls[index].isCompleted else { continue }
            calls[index].isCompleted = false
            // A stream that starts is not acknowledged.
            if calls[index].isStream { calls[index].againAt = nil }
            send(callAt: index, now: now, outgoing: &outgoing)
        }
    }

    /// Reads the result of `Connect`, and subscribes in any case: some hubs lack the method, and others connect later.
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
            // The same failure is reported only once.
            if connectDelay == Self.connectDelayFirst {
                context.notices.append("Connect failed for '\(subscription.tradePlatform)': \(problem)")
            }
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

    /// Answers a server that expects a result from the client: there is none.
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
            end("the hub ended the session", .goodbye)
        }
        if !record.allowReconnect { ending?.isReturnWelcome = false }
    }

    package mutating func listeningResumed(now: UnixNanoseconds) {
        lastHeard = max(lastHeard, now)
    }

    /// Ends a conversation in which the hub no longer answers.
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

    /// Sets ``ending``.
    ///
    /// Only the first reason counts, because later ones are its consequences.
    mutating func end(_ reason: String, _ kind: DialectOutcome.Ending.Kind) {
        guard stage != .offline, ending == nil else { return }
        ending = DialectOutcome.Ending(reason: reason, kind: kind)
    }

    // MARK: Helpers

    /// Repeats a call with positional arguments, because the object form did not bind.
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

    /// Changes to `subscribed` if all calls are answered and the hub accepted at least one.
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

    /// Reports the accepted calls and their forms: first all calls, later only changed calls.
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

    /// Returns the number in the JSON text of an ID, which was sent as a string.
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
