import MarketModel

/// What one call of ``WebSocketEngine/receive(_:receivedAt:into:parts:actions:)`` adds to.
///
/// The owner's arrays are moved in and out again, so that nothing is copied.
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
