import MarketModel

/// The output of one call of ``WebSocketEngine/receive(_:receivedAt:into:parts:actions:)``.
///
/// The owner's arrays are swapped in and out, so that nothing is copied.
struct EngineOutput {
    let receivedAt: UnixNanoseconds
    var batch = MessageBatch()
    var parts: [MessagePart] = []
    var actions: [EngineAction] = []

    mutating func swap(_ batch: inout MessageBatch, _ parts: inout [MessagePart], _ actions: inout [EngineAction]) {
        Swift.swap(&self.batch, &batch)
        Swift.swap(&self.parts, &parts)
        Swift.swap(&self.actions, &actions)
    }
}
