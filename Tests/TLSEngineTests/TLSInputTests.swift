import MarketModel
import TLSEngine
import Testing

/// Bytes from outside: complete, split, truncated and damaged.
struct TLSInputTests {
    private let files: TestCertificates
    private let client: [TLSVersion: TLSContext]
    private let server: TLSContext

    init() throws {
        let files = try TestCertificates()
        self.files = files
        client = try [.v1_2: Self.client(.v1_2, files), .v1_3: Self.client(.v1_3, files)]
        server = try .server(certificateFile: files.certificateFile, keyFile: files.keyFile)
    }

    private static func client(_ version: TLSVersion, _ files: TestCertificates) throws -> TLSContext {
        try .client(.init(trust: .caFile(files.caFile), maximumVersion: version))
    }

    private func pair(_ version: TLSVersion) throws -> InMemoryPair {
        try InMemoryPair(client: #require(client[version]), server: server)
    }

    @Test("every split of two records gives the same plaintext", arguments: TLSVersion.allCases)
    func everySplit(version: TLSVersion) throws {
        var pair = try pair(version)
        pair.shakeHands()
        let length = 100
        for cut in 0... {
            _ = pair.client.write([UInt8](repeating: 1, count: length))
            _ = pair.client.write([UInt8](repeating: 2, count: length))
            let bytes = pair.client.drainAll()
            guard cut <= bytes.count else { break }
            var plaintext: [UInt8] = []
            for part in [bytes.prefix(cut), bytes.dropFirst(cut)] {
                pair.server.receive(Array(part))
                let (read, end) = pair.server.readAll()
                plaintext += read
                #expect(end == .incomplete)
            }
            #expect(plaintext == [UInt8](repeating: 1, count: length) + [UInt8](repeating: 2, count: length))
        }
    }

    @Test("every truncation of the server's flights fails as a truncation", arguments: TLSVersion.allCases)
    func everyTruncation(version: TLSVersion) throws {
        var cut = 0
        while true {
            let pair = try pair(version)
            _ = pair.client.handshake()
            pair.server.receive(pair.client.drainAll())
            _ = pair.server.handshake()
            let flight = pair.server.drainAll()
            pair.client.receive(Array(flight.prefix(cut)))
            pair.client.receiveEnd()
            let progress = pair.client.handshake()
            // The length varies slightly with the signature.
            if cut >= flight.count { break }
            #expect(progress.error?.cause == .truncated, "after \(cut) bytes")
            cut += 11
        }
    }

    @Test("a flipped bit anywhere in the handshake never traps and never satisfies both sides")
    func damagedHandshake() throws {
        for version in TLSVersion.allCases {
            for seed in 0..<200 as Range<UInt64> {
                var random = SplitMix64(seed: seed)
                let pair = try pair(version)
                _ = pair.client.handshake()
                var hello = pair.client.drainAll()
                if seed % 2 == 0 { flip(&hello, with: &random) }
                pair.server.receive(hello)
                let answer = pair.server.handshake()
                var flight = pair.server.drainAll()
                if seed % 2 == 1 { flip(&flight, with: &random) }
                pair.client.receive(flight)
                var progress = pair.client.handshake()
                pair.server.receive(pair.client.drainAll())
                let end = answer.error == nil ? pair.server.handshake() : answer
                pair.client.receive(pair.server.drainAll())
                progress = pair.client.handshake()
                #expect(!(progress == .complete && end == .complete), "seed \(seed), \(version)")
            }
        }
    }

    @Test("random bytes at any moment fail cleanly", arguments: TLSVersion.allCases)
    func noise(version: TLSVersion) throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var pair = try pair(version)
            if seed % 2 == 0 { pair.shakeHands() } else { _ = pair.client.handshake() }
            for side in [pair.client, pair.server] {
                // A plausible header, so that some of the bytes are read as a record.
                let type = UInt8.random(in: 20...24, using: &random)
                let body = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
                side.receive([type, 3, 3, 1, 44] + body)
                if !side.isEstablished { _ = side.handshake() }
                side.receiveEnd()
                let end = side.readAll().end
                #expect(end.error != nil, "seed \(seed)")
                #expect(side.readAll().end == end)
                _ = side.drainAll()
            }
        }
    }

    /// Anywhere except in a record's version, which is not checked in a first flight (RFC 8446 §5.1).
    private func flip(_ bytes: inout [UInt8], with random: inout SplitMix64) {
        var ignored: Set<Int> = []
        var record = 0
        while record + 5 <= bytes.count {
            ignored.formUnion([record + 1, record + 2])
            record += 5 + Int(bytes[record + 3]) << 8 + Int(bytes[record + 4])
        }
        let candidates = bytes.indices.filter { !ignored.contains($0) }
        guard let index = candidates.randomElement(using: &random) else { return }
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
}
