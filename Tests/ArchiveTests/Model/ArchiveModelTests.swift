import Testing

/// Random sequences of everything that happens to an archive, compared with a model in memory after each step.
struct ArchiveModelTests {
    @Test("after any sequence of steps, readers, verify and SQL return what was stored", arguments: Seeds.first(16))
    func sequences(seed: UInt64) async throws {
        let driver = try ModelDriver(seed: seed)
        for _ in 0..<30 { try await driver.step() }
        try await driver.finish()
    }

    @Test("verify accepts a recording that is being written, after each commit", arguments: Seeds.first(8))
    func live(seed: UInt64) async throws {
        let driver = try ModelDriver(seed: seed &+ 1000)
        for _ in 0..<10 {
            try await driver.step()
            try await driver.checkWhole()
        }
    }
}
