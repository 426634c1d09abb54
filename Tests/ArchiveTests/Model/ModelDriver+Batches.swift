import Archive
import MarketModel

/// Random rows.
extension ModelDriver {
    typealias Blocks = [Int64: [[Int64]]]

    /// A few messages of both connections, with rows of every kind, and the blocks of the connections after it.
    func makeBatch(_ writer: ArchiveWriter) throws -> (WriteBatch, [RecordingModel.Message], Blocks) {
        let model = models[last].model
        var batch = WriteBatch()
        if !model.instruments.contains(where: { $0.instrumentID == 1 }) {
            batch.instruments.append(instrument(1, "A"))
        }
        if model.instruments.count < 4, random.oneIn(4) {
            // The first one has the number 1 in every recording.
            var id = writer.makeInstrumentID()
            if id == 1 { id = writer.makeInstrumentID() }
            batch.instruments.append(instrument(id, "S\(id)"))
        }
        let ids = (model.instruments + batch.instruments).map(\.instrumentID)
        let connections = model.openSession.map { model.sessions[$0].connections } ?? []
        var fresh: [RecordingModel.Message] = []
        for number in 0..<random.number(0...12) {
            let message = RecordingModel.Message(
                index: model.nextMessage + number,
                connectionID: connections.randomElement(using: &random) ?? 1,
                offset: clock,
                payload: "m\(model.nextMessage + number) \(random.number(0...9999))",
                direction: random.oneIn(4) ? .sent : .received
            )
            fresh.append(message)
            addRows(of: message, ids, to: &batch)
            clock += random.number(0...900)
        }
        let blocks = try addBlocks(of: fresh, to: &batch)
        addBars(to: &batch)
        if random.oneIn(3) { addGap(writer, to: &batch) }
        return (batch, fresh, blocks)
    }

    /// Each connection with new messages continues its last block, or starts a new one.
    private func addBlocks(of fresh: [RecordingModel.Message], to batch: inout WriteBatch) throws -> Blocks {
        var changed: Blocks = [:]
        for (connectionID, added) in Dictionary(grouping: fresh, by: \.connectionID).sorted(by: { $0.key < $1.key }) {
            var blocks = models[last].model.blocks[connectionID] ?? []
            if blocks.isEmpty || random.oneIn(2) { blocks.append([]) }
            blocks[blocks.count - 1] += added.map(\.index)
            let known = models[last].model.messages.merging(added.map { ($0.index, $0) }) { $1 }
            let messages = blocks[blocks.count - 1].compactMap { known[$0] }
            batch.blocks.append(
                try block(
                    connectionID: connectionID,
                    messages.map {
                        SampleMessage(index: $0.index, offset: $0.offset, payload: $0.payload, direction: $0.direction)
                    }
                )
            )
            changed[connectionID] = blocks
        }
        return changed
    }

    private func addRows(of message: RecordingModel.Message, _ ids: [Int64], to batch: inout WriteBatch) {
        for item in 0..<random.number(0...3) {
            let id = ids.randomElement(using: &random) ?? 1
            switch Int.random(in: 0..<6, using: &random) {
            case 0...2:
                let bid = random.oneIn(5) ? nil : random.number(1...1000)
                let size = random.oneIn(3) ? nil : random.number(0...5)
                batch.quotes.append(
                    quote(id, message.offset, message: message.index, item: item, bid: bid, bidSize: size)
                )
            case 3:
                batch.trades.append(trade(id, message.offset, message: message.index, item: item))
            case 4:
                let feedID = models[last].model.openSession.map { models[last].model.sessions[$0].id } ?? 1
                batch.marginUpdates.append(
                    MarginUpdateRow(
                        tsRecv: time(message.offset),
                        messageIndex: message.index,
                        item: item,
                        feedID: feedID,
                        login: 7,
                        digits: 2
                    )
                )
            default:
                batch.events.append(event(message, item))
            }
        }
    }

    /// An event of a message, an oddity, or an event of our own.
    private func event(_ message: RecordingModel.Message, _ item: Int64) -> EventRow {
        let isOwn = random.oneIn(3)
        // Each session of the model has one feed, with the same id.
        let feedID = models[last].model.openSession.map { models[last].model.sessions[$0].id }
        return EventRow(
            tsRecv: time(message.offset),
            messageIndex: isOwn ? nil : message.index,
            item: isOwn ? nil : item,
            feedID: feedID,
            kind: isOwn ? "own" : "said",
            isOddity: !isOwn && random.oneIn(3),
            json: Array("{}".utf8)
        )
    }

    private func addBars(to batch: inout WriteBatch) {
        // Only bars of the open session are removed: no other session has counted them.
        if random.oneIn(6), let place = models[last].model.openSession,
            let key = models[last].model.sessions[place].bars.randomElement(using: &random)
        {
            batch.removedBars.append(key)
        }
        for _ in 0..<random.number(0...2) {
            let open = clock / Self.intervalNS * Self.intervalNS - random.number(0...2) * Self.intervalNS
            let bar = BarRow(
                instrumentID: 1,
                side: .bid,
                intervalNS: Self.intervalNS,
                tsOpen: time(open),
                tsClose: time(open + Self.intervalNS),
                open: 1,
                high: random.number(1...9),
                low: 1,
                close: 1,
                tickCount: random.number(1...99),
                isComplete: false,
                timeSource: .recv
            )
            if !batch.bars.contains(where: { $0.key == bar.key }) { batch.bars.append(bar) }
        }
    }

    /// A new gap, or the end of an open one.
    private func addGap(_ writer: ArchiveWriter, to batch: inout WriteBatch) {
        let model = models[last].model
        guard let session = model.openSession else { return }
        if var open = model.gaps.values.filter({ $0.tsTo == nil }).min(by: { $0.gapID < $1.gapID }) {
            open.tsTo = time(clock)
            open.estimatedCount = random.number(0...9)
            batch.gaps.append(open)
        } else {
            let id = model.sessions[session].id
            batch.gaps.append(
                GapRow(gapID: writer.makeGapID(), sessionID: id, feedID: id, tsFrom: time(clock), cause: "disconnect")
            )
        }
    }
}
