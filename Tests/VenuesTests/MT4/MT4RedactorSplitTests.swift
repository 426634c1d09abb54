import MarketModel
import SignalRProtocol
import Testing
import TextEncoding
import Venues

/// Redaction for every split of a conversation: in both protocols, both kinds of frames and both directions.
struct MT4RedactorSplitTests {
    private static let token = "T0KEN-value"

    /// Records as a hub or a client sends them, and in the form that may be stored.
    private static let records: [(sent: String, clean: String)] = [
        (
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"EURUSD","bid":1.5,"ask":2}}]}"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"EURUSD","bid":1.5,"ask":2}}]}"#
        ),
        (
            #"{"type":2,"invocationId":"2","item":{"user":{"login":5,"Password":"SECRET-1","name":"SECRET-2","x":1.5}}}"#,
            #"{"type":2,"invocationId":"2","item":{"user":{"login":5,"Password":"***","name":"***","x":1.5}}}"#
        ),
        (#"{"type":6}"#, #"{"type":6}"#),
        (
            #"{"type":1,"target":"OnDebug","arguments":[{"data":"SECRET-3 is the password","t":"T0KEN-value"}]}"#,
            #"{"type":1,"target":"OnDebug","arguments":[{"data":"***","t":"***"}]}"#
        ),
        (
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"USDJPY","bid":3,"ask":4}}]}"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"USDJPY","bid":3,"ask":4}}]}"#
        ),
    ]

    struct Setting: Sendable, CustomStringConvertible {
        let hubProtocol: HubProtocol
        let kind: MessageKind
        let direction: MessageDirection

        var description: String { "\(hubProtocol) in \(kind) messages, \(direction)" }

        static let all = HubProtocol.allCases.flatMap { hubProtocol in
            [MessageKind.text, .binary].flatMap { kind in
                [MessageDirection.received, .sent].map {
                    Setting(hubProtocol: hubProtocol, kind: kind, direction: $0)
                }
            }
        }
    }

    @Test("secrets: no split into two messages reveals a secret or changes another byte", arguments: Setting.all)
    func everySplit(setting: Setting) throws {
        let (wire, clean) = try conversation(setting, Self.records)
        for cut in 0...wire.count { try check([wire[..<cut], wire[cut...]], clean, setting) }
    }

    @Test("secrets: no split into three messages reveals a secret or changes another byte", arguments: Setting.all)
    func everyThird(setting: Setting) throws {
        let (wire, clean) = try conversation(setting, Array(Self.records[1...2]))
        for first in stride(from: 0, through: wire.count, by: 3) {
            for second in stride(from: first, through: wire.count, by: 2) {
                try check([wire[..<first], wire[first..<second], wire[second...]], clean, setting)
            }
        }
    }

    @Test("secrets: messages of one byte each, and of a few bytes", arguments: Setting.all, [1, 2, 3, 7])
    func smallMessages(setting: Setting, size: Int) throws {
        let (wire, clean) = try conversation(setting, Self.records)
        let parts = stride(from: 0, to: wire.count, by: size).map { wire[$0..<min($0 + size, wire.count)] }
        try check(parts, clean, setting)
    }

    @Test("byte for byte: without a secret, every split stays unchanged and unmarked", arguments: Setting.all)
    func untouched(setting: Setting) throws {
        let harmless = [Self.records[0], Self.records[2], Self.records[4]]
        let (wire, _) = try conversation(setting, harmless)
        for cut in 1..<wire.count {
            let parts = [Array(wire[..<cut]), Array(wire[cut...])]
            let output = redact(parts.map { $0[...] }, setting)
            #expect((0..<output.count).map(output.payload) == parts, "\(setting), cut at \(cut)")
            #expect(output.entries.allSatisfy { !$0.isRedacted })
        }
    }

    @Test("byte for byte: 200 ticks of a JSON hub in binary messages, one of them split, give 200 rows")
    func twoHundredTicks() {
        let ticks = (0..<200).map { number in
            Array(
                #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":1.\#(number),"ask":2}}]}"#
                    .utf8
            ) + [HubRecordScanner.separator]
        }
        var payloads = [Array("{}\u{1E}".utf8)] + ticks
        payloads[100...100] = [Array(payloads[100].prefix(60)), Array(payloads[100].dropFirst(60))]
        let setting = Setting(hubProtocol: .json, kind: .binary, direction: .received)
        let output = redact(payloads.map { $0[...] }, setting, isAfterRequest: true)
        #expect((0..<output.count).map(output.payload) == payloads)
        #expect(output.entries.allSatisfy { !$0.isRedacted })
        // A reader of the recording detects the protocol from the stored request, or from the first record.
        for request in [true, false] {
            var (dialect, events, answers) = (Venue.mt4.makeReader(), MarketEvents(), MessageBatch())
            let tape = request ? Self.request(.json) : MessageBatch()
            for batch in [tape, output] {
                _ = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &answers)
            }
            #expect(events.quotes.count == 200 && events.venueEvents.isEmpty)
        }
    }

    // MARK: Without a handshake

    @Test("an import without its handshake is read by its first record, in both kinds of frames")
    func withoutHandshake() throws {
        for setting in Setting.all
        where setting.direction == .received && (setting.hubProtocol, setting.kind) != (.messagePack, .text) {
            let (wire, clean) = try conversation(setting, Self.records)
            for cut in 0...wire.count {
                let output = redact([wire[..<cut], wire[cut...]], setting, isAfterRequest: false)
                #expect(output.bytes == clean, "\(setting), cut at \(cut)")
                var (dialect, events, answers) = (Venue.mt4.makeReader(), MarketEvents(), MessageBatch())
                _ = dialect.receive(output, now: UnixNanoseconds(0), events: &events, outgoing: &answers)
                #expect(events.quotes.count == 2, "\(setting), cut at \(cut)")
                #expect(events.venueEvents.allSatisfy { !$0.isOddity }, "\(setting), cut at \(cut)")
            }
        }
    }

    @Test(
        "an import that starts inside a record withholds what may be the end of a secret",
        arguments: [MessageKind.text, .binary]
    )
    func middle(kind: MessageKind) {
        let setting = Setting(hubProtocol: .json, kind: kind, direction: .received)
        let tick = Self.records[0].sent + "\u{1E}"
        for beginning in ["RET-1\"}}\u{1E}", "\"SECRET-1\"}}\u{1E}", "SECRET-1\"}}\u{1E}"] {
            let output = redact(
                [Array((beginning + tick).utf8)[...], Array(tick.utf8)[...]],
                setting,
                isAfterRequest: false
            )
            let text = String(decoding: output.bytes, as: UTF8.self)
            #expect(!text.contains("RET-1") && text.contains("the beginning of a record is missing"))
            #expect(text.hasSuffix(tick) && output.count == 2)
            #expect(output.entries.map(\.isRedacted) == [true, false])
        }
    }

    @Test(
        "a record that grows too long is withheld, and the records after it are not",
        arguments: HubProtocol.allCases
    )
    func tooLong(hubProtocol: HubProtocol) throws {
        let setting = Setting(hubProtocol: hubProtocol, kind: .binary, direction: .received)
        let long = #"{"type":3,"invocationId":"1","error":"\#(String(repeating: "x", count: 17 << 20))"}"#
        let (wire, _) = try conversation(setting, [(long, long), Self.records[0]])
        let cuts = [0, 100, 9 << 20, (17 << 20) - 5, wire.count]
        let output = redact((0..<4).map { wire[cuts[$0]..<cuts[$0 + 1]] }, setting)
        #expect(output.count == 4 && output.bytes.count < 1000)
        #expect(output.entries.allSatisfy { $0.isRedacted })
        var (events, answers) = (MarketEvents(), MessageBatch())
        var dialect = Venue.mt4.makeReader(VenueReading(hubProtocol: hubProtocol))
        _ = dialect.receive(output, now: UnixNanoseconds(0), events: &events, outgoing: &answers)
        #expect(events.quotes.count == 1)
    }

    @Test("bytes with secrets, and keys that are bytes, are redacted in MessagePack too")
    func binaryValues() {
        func packed(_ item: [UInt8]) -> [UInt8] {
            let message = [0x94, 2, 0x80, 0xA1, 0x32] + item
            return [UInt8(message.count)] + message
        }
        let password = Array("password".utf8)
        let json = Array(#"{"password":"SECRET-1"}"#.utf8)
        let messages = [
            packed([0xC4, UInt8(json.count)] + json),
            packed([0x81, 0xC4, 8] + password + [0xA8] + Array("SECRET-1".utf8)),
            packed([0x81, 0xA8] + password + [0x92, 1, 0xA8] + Array("SECRET-1".utf8)),
            packed([0xC7, UInt8(json.count), 5] + json),
        ]
        let setting = Setting(hubProtocol: .messagePack, kind: .binary, direction: .received)
        let output = redact(messages.map { $0[...] }, setting, isAfterRequest: true)
        #expect(output.entries.allSatisfy { $0.isRedacted } && output.count == 4)
        #expect(!String(decoding: output.bytes, as: UTF8.self).contains("SECRET"))
        #expect(output.payload(at: 2) == packed([0x81, 0xA8] + password + [0xA3] + Array("***".utf8)))
    }

    @Test("an invalid length ends what can be read, and nothing after it is stored")
    func senseless() {
        let setting = Setting(hubProtocol: .messagePack, kind: .binary, direction: .received)
        let broken = [UInt8](repeating: 0xff, count: 5)
        let output = redact([[0xff, 0xff][...], (broken + Array("SECRET-1".utf8))[...], [2, 0x91, 6][...]], setting)
        #expect((0..<output.count).map(output.payload) == [[], broken, broken])
    }

    // MARK: Helpers

    private func check(_ parts: [ArraySlice<UInt8>], _ clean: [UInt8], _ setting: Setting) throws {
        let output = redact(parts, setting)
        try #require(
            output.count == parts.count && output.bytes == clean,
            "\(setting), cut at \(parts.map(\.startIndex))"
        )
        for (index, part) in parts.enumerated() {
            #expect(output.entries[index].tsRecv.rawValue == Int64(index))
            let isSame = output.payload(at: index).elementsEqual(part)
            #expect(output.entries[index].isRedacted == !isSame, "\(setting), cut at \(part.startIndex)")
        }
    }

    /// Returns the messages after redaction, each read by itself.
    private func redact(
        _ parts: [ArraySlice<UInt8>],
        _ setting: Setting,
        isAfterRequest: Bool? = nil
    ) -> MessageBatch {
        var redactor = MT4Redactor(keepsPersonalData: false)
        redactor.learn(KnownSecrets([Self.token]))
        // The sent direction starts with the request itself.
        if isAfterRequest ?? (setting.direction == .received) {
            var request = Self.request(setting.hubProtocol)
            redactor.redact(&request)
        }
        var output = MessageBatch()
        for (index, part) in parts.enumerated() {
            var batch = MessageBatch()
            let time = UnixNanoseconds(Int64(index))
            batch.append(part, kind: setting.kind, direction: setting.direction, tsRecv: time)
            redactor.redact(&batch)
            for index in batch.entries.indices { output.append(messageAt: index, of: batch) }
        }
        let (rest, withheldBytes) = redactor.finish()
        #expect(rest.isEmpty && withheldBytes == 0)
        return output
    }

    private static func request(_ hubProtocol: HubProtocol) -> MessageBatch {
        var batch = MessageBatch()
        var bytes: [UInt8] = []
        HubHandshakeRequest(protocolName: hubProtocol.rawValue).write(to: &bytes)
        batch.append(bytes, kind: .binary, direction: .sent, tsRecv: UnixNanoseconds(0))
        return batch
    }

    /// The bytes of one direction, with the handshake in the same message as the first record.
    private func conversation(
        _ setting: Setting,
        _ records: [(sent: String, clean: String)]
    ) throws -> (wire: [UInt8], clean: [UInt8]) {
        var handshake = Array("{}\u{1E}".utf8)
        if setting.direction == .sent {
            handshake = []
            HubHandshakeRequest(protocolName: setting.hubProtocol.rawValue).write(to: &handshake)
        }
        return (
            try handshake + records.flatMap { try encoded($0.sent, setting) },
            try handshake + records.flatMap { try encoded($0.clean, setting) }
        )
    }

    private func encoded(_ record: String, _ setting: Setting) throws -> [UInt8] {
        guard setting.hubProtocol == .messagePack else { return Array(record.utf8) + [HubRecordScanner.separator] }
        var output: [UInt8] = []
        try Array(record.utf8).withUnsafeBytes { try HubTranscoder.appendMessagePack(of: $0, to: &output) }
        return output
    }
}
