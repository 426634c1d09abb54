import Archive
import Foundation
import MarketModel
import Testing

/// The steps of upkeep, on recordings that are not being written.
extension ModelDriver {
    func seal(_ place: Int?) async throws {
        guard let place, !models[place].model.isSealed, models[place].model.openSession == nil else { return }
        let lock = try ArchiveLock(directory: directory.path)
        try await ArchiveWriter.sealEarlier(file: models[place].path, lock: lock, at: time(clock))
        models[place].model.isSealed = true
        #expect(RecordingName.isSealed(models[place].path), comment)
        // A second attempt has nothing to do.
        try await ArchiveWriter.sealEarlier(file: models[place].path, lock: lock, at: time(clock))
    }

    func compact(_ place: Int?) throws {
        guard let place else { return }
        let settings = ArchiveCompactor.Settings(level: 3, blockBytes: Int(random.number(1...400)))
        let outcome = try ArchiveCompactor(settings, stamp).compact(models[place].path)
        #expect(outcome.status != .written, comment)
        guard outcome.status == .compacted else { return }
        // A recorder starts a new block after this: the model no longer knows the blocks.
        models[place].model.blocks = [:]
    }

    /// Removes tiers from one recording, and from the model what belongs to them.
    func prune(_ place: Int?) throws {
        guard let place else { return }
        let tiers = RetentionTier.allCases.filter { _ in random.oneIn(2) }
        let limit = { (tier: RetentionTier) in tiers.contains(tier) ? RetentionLimit.age(.zero) : .keep }
        let policy = RetentionPolicy(raw: limit(.raw), ticks: limit(.ticks), bars: limit(.bars))
        // The stamp is after the newest message, so every age is over the limit.
        let stamp = UpkeepStamp(now: time(clock + 1_000_000_000), programVersion: "test")
        let outcomes = try ArchivePruner(policy, stamp).prune([models[place].path])
        #expect(outcomes.allSatisfy { !$0.isWritten }, comment)
        for tier in tiers { models[place].model.prune(tier) }
    }

    /// A repair of a sound recording changes nothing.
    func repairSound(_ place: Int?) throws {
        guard let place else { return }
        let outcome = try ArchiveRepairer.repair(models[place].path, stamp)
        #expect(!outcome.isRepaired, "\(outcome.report.problems) \(comment)")
    }

    /// Destroys one block; the repair loses its messages and nothing else.
    func damage(_ place: Int?) async throws {
        guard let place, !models[place].model.isSealed, models[place].model.openSession == nil,
            let hit = models[place].model.blocks.flatMap({ id, blocks in blocks.map { (id, $0) } })
                .filter({ !$0.1.isEmpty }).sorted(by: { $0.1[0] < $1.1[0] }).randomElement(using: &random)
        else { return }
        let path = models[place].path
        try await change(
            path,
            "UPDATE message_block SET block = zeroblob(99) WHERE connection_id = \(hit.0) "
                + "AND first_message_index = \(hit.1[0])"
        )
        let outcome = try ArchiveRepairer.repair(path, stamp)
        #expect(outcome.report.problems == [] && outcome.isRepaired, comment)
        #expect(outcome.lostMessages.flatMap(Array.init) == hit.1, comment)
        try FileManager.default.removeItem(atPath: path + ".damaged")
        let received = Int64(hit.1.count { models[place].model.messages[$0]?.direction == .received })
        for index in hit.1 { models[place].model.messages[index] = nil }
        models[place].model.blocks[hit.0]?.removeAll { $0 == hit.1 }
        models[place].model.absentMessages += Int64(hit.1.count)
        // The repair adds a gap for each range of lost messages.
        let gaps = try ArchiveReader(path: path).gaps().filter { models[place].model.gaps[$0.gapID] == nil }
        #expect(gaps.allSatisfy { $0.cause == GapRow.damageCause }, comment)
        // The estimate leaves out sent messages where it is known how many of the lost ones were sent.
        let estimate = gaps.reduce(0) { $0 + ($1.estimatedCount ?? 0) }
        #expect((received...Int64(hit.1.count)).contains(estimate), comment)
        for gap in gaps { models[place].model.gaps[gap.gapID] = gap }
    }
}

extension RecordingModel {
    mutating func prune(_ tier: RetentionTier) {
        switch tier {
        case .raw:
            absentMessages += Int64(messages.count)
            (messages, blocks) = ([:], [:])
        case .ticks:
            (quotes, trades, marginUpdates) = ([:], [:], [])
            events.removeAll { $0.messageIndex != nil }
        case .bars: bars = [:]
        }
    }
}
