import MarketModel
import SignalRProtocol
import Testing
import TextEncoding
import Venues

struct MT4RedactorTests {
    private func redacted(_ messages: [String], keepsPersonalData: Bool = false) -> MessageBatch {
        var redactor = MT4Redactor(keepsPersonalData: keepsPersonalData, hubProtocol: .json)
        var batch = mt4Batch(messages)
        redactor.redact(&batch)
        return batch
    }

    @Test(
        "messages without secrets stay unchanged",
        arguments: [
            #"{"type":6}|"#, "{}|", "", "no JSON|",
            #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":1.1,"ask":1.2,"lastTime":"2026-01-05T09:30:00"}}]}|"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"TOKENUSD","bid":1.1,"ask":1.2,"lastTime":"2026-01-05T09:30:00\u002B02:00"}}]}|"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"US Tech 100","bid":1.1,"ask":1.2}}]}|"#,
            #"{"type":3,"invocationId":"1","error":"Failed to invoke 'X' because user is unauthorized"}|"#,
            #"{"type":2,"invocationId":"2","item":{"type":"Add","user":{"login":5,"password":null}}}|"#,
        ]
    )
    func harmless(message: String) {
        let batch = redacted([message])
        #expect(mt4Texts(batch) == [message])
        #expect(batch.entries.allSatisfy { !$0.isRedacted })
    }

    @Test("secrets become three stars and nothing else changes")
    func secret() {
        let batch = redacted([
            #"{"type":6}|"#,
            #"{"type":2,"invocationId":"2","item":{"type":"Add","user":{"login":5,"Password":"SECRET-1","enable":1,"apiData":[1,{"a":2}]}}}|{"type":6}|"#,
            #"{"type":6}|"#,
        ])
        #expect(
            mt4Texts(batch) == [
                #"{"type":6}|"#,
                #"{"type":2,"invocationId":"2","item":{"type":"Add","user":{"login":5,"Password":"***","enable":1,"apiData":"***"}}}|{"type":6}|"#,
                #"{"type":6}|"#,
            ]
        )
        #expect(batch.entries.map(\.isRedacted) == [false, true, false])
        #expect(batch.entries.map(\.tsRecv.rawValue) == [0, 1, 2])
    }

    @Test("personal data is removed, or kept if the user asks for it")
    func personal() {
        let record =
            #"{"type":2,"item":{"user":{"login":5,"name":"Ann","lastIP":7,"ZIPCODE":"1","password":"SECRET-"}}}|"#
        #expect(
            mt4Texts(redacted([record])) == [
                #"{"type":2,"item":{"user":{"login":5,"name":"***","lastIP":"***","ZIPCODE":"***","password":"***"}}}|"#
            ]
        )
        #expect(
            mt4Texts(redacted([record], keepsPersonalData: true)) == [
                #"{"type":2,"item":{"user":{"login":5,"name":"Ann","lastIP":7,"ZIPCODE":"1","password":"***"}}}|"#
            ]
        )
    }

    static let dressed = [
        #"{"a":{"password":"SECRET-1"}}|"#, #"{"a":[[{"PASSWORDINVESTOR":"SECRET-1"}]]}|"#,
        #"{"\u0070ass\u0057ord":"SECRET-1"}|"#, #"{"password" : "SECRET-1"}|"#, #"{"otpSecret":["SECRET-1"]}|"#,
        #"{"data":"{\"password\":\"SECRET-1\"}"}|"#, #"{"data":"{\"\\u0070assword\":\"SECRET-1\"}"}|"#,
        #"{"data":"[{\"x\":\"{\\\"name\\\":\\\"SECRET-1\\\"}\"}]"}|"#,
        #"{"data":"\"{\\\"phone\\\":\\\"SECRET-1\\\"}\""}|"#,
        #"{"message":"login 5 password=SECRET-1"}|"#, #"{"message":"password:SECRET-1"}|"#,
        #"{"message":"Bearer SECRET-1"}|"#, #"{"message":"got {\"email\":\"SECRET-1\"} from 5"}|"#,
        #"{"url":"wss://h/x?access_token=SECRET-1"}|"#, #"{"type":1,"headers":{"Authorization":"SECRET-1"}}|"#,
        #"{"type":1,"headers":{"access_token":"SECRET-1"}}|"#, #"{"apiData":"SECRET-1"}|"#, #"{"id":"SECRET-1"}|"#,
        #"{"x":{"id":"SECRET-1"}}|"#, #"{"x":1,"name":"SECRET-1"}|"#, #"{"address":"SECRET-1"}|"#,
        #"{"city":"SECRET-1"}|"#,
        #"{"state":"SECRET-1"}|"#, #"{"zipCode":"SECRET-1"}|"#, #"{"country":"SECRET-1"}|"#, #"{"Phone":"SECRET-1"}|"#,
        #"{"email":"SECRET-1"}|"#, #"{"comment":"SECRET-1"}|"#, #"{"leadSource":"SECRET-1"}|"#,
        #"{"lastIP":"SECRET-1"}|"#,
        #"{"mqid":"SECRET-1"}|"#, #"{"secureReserved":"SECRET-1"}|"#, #"{"enableReserved":["SECRET-1"]}|"#,
        #"{"reserved2":"SECRET-1"}|"#, #"{"unused":"SECRET-1"}|"#, #"{"client_secret":"SECRET-1"}|"#,
        #"{"apiKey":"SECRET-1"}|"#, #"{"api_key":"SECRET-1"}|"#, #"{"Cookie":"SECRET-1"}|"#,
        #"{"credentials":"SECRET-1"}|"#,
        #"{"passwordPhone":"SECRET-1"}|"#, #"{"password":"SECRET-1"|"#, #"{"password":"SECRET-1|"#,
        #"{"data":"{\"password\":\"SECRET-1\""}|"#, "{\"name\":\n\"SECRET-1\"}|", #"{"name"  :"SECRET-1","x":}|"#,
        #"{"a\":{"password":"SECRET-1"}}|"#, #"{"type":3,"error":"the token SECRET-1 is wrong"}|"#,
    ]

    @Test("a secret is found in every form and at every place of a message", arguments: dressed)
    func dresses(record: String) {
        for before in ["", #"{"type":6}|"#, #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P"}]}|"#] {
            let batch = redacted([before + record + before])
            let text = mt4Texts(batch)[0]
            #expect(!text.contains("SECRET-1"), "\(text)")
            #expect(batch.entries[0].isRedacted)
            #expect(text.hasPrefix(before) && text.hasSuffix(before))
        }
    }

    @Test("a secret split over messages is removed, and every other byte stays", arguments: dressed)
    func splits(record: String) {
        let tick = #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1,"ask":2}}]}|"#
        let clean = mt4Texts(redacted([tick + record + tick]))[0]
        let bytes = Array(tick + record + tick)
        for size in [1, 2, 3, 5, 7, 11, 17, 40] {
            let parts = stride(from: 0, to: bytes.count, by: size).map {
                String(bytes[$0..<min($0 + size, bytes.count)])
            }
            var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
            var (whole, count) = ("", 0)
            for part in parts {
                var batch = mt4Batch([part])
                redactor.redact(&batch)
                whole += mt4Texts(batch).joined()
                count += batch.count
            }
            #expect(whole == clean, "\(size)")
            #expect(count == parts.count && redactor.finish().messages.isEmpty)
        }
    }

    @Test(
        "in a record whose end never comes, what may be secret is withheld",
        arguments: [
            (#"{"user":{"password":"SECRET-"#, "", 28), (#"{"a":{"symbol":"EUR"#, #"{"a":{"symbol":"#, 4),
            (#"{"type":1,"target":"OnTick","arguments":["#, #"{"type":1,"target":"OnTick","arguments":["#, 0),
            (#"{"a":12"#, #"{"a":"#, 2), ("SECRET-1 is the pass", "", 20), (#"{"name":"#, "", 8),
        ]
    )
    func unfinished(record: String, kept: String, withheldBytes: Int) {
        var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
        var batch = mt4Batch([#"{"type":6}|"#, #"{"type":6}|"# + record])
        redactor.redact(&batch)
        #expect(mt4Texts(batch) == [#"{"type":6}|"#])
        let end = redactor.finish()
        #expect(mt4Texts(end.messages) == [#"{"type":6}|"# + kept] && end.withheldBytes == withheldBytes)
        #expect(end.messages.entries.map(\.isRedacted) == [withheldBytes > 0])
        #expect(end.messages.entries.map(\.tsRecv.rawValue) == [1])
        #expect(redactor.finish().messages.isEmpty)
    }

    @Test("a record that is not JSON and names secrets is replaced by its length")
    func unreadable() {
        let text = mt4Texts(redacted([#"{"password":"SECRET-1"|"#]))[0]
        #expect(text == #"{"withheld_bytes":22,"reason":"expected ',' or the end of the container"}|"#)
    }

    @Test("both directions are redacted, each with its own records")
    func directions() {
        var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
        var batch = mt4Batch([#"{"a":"x"#, #"{"headers":{"Authorization":"Bearer SECRET-"}}|"#, #"y"}|"#])
        batch.entries[1].direction = .sent
        redactor.redact(&batch)
        #expect(mt4Texts(batch) == [#"{"headers":{"Authorization":"***"}}|"#, #"{"a":"x"#, #"y"}|"#])
        #expect(batch.entries.map(\.isRedacted) == [true, false, false])
    }

    @Test(
        "secrets are removed from MessagePack too, for every split, and the result can be read",
        arguments: [nil, 1, 9, 70]
    )
    func packed(cutBytes: Int?) throws {
        let records = [
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1.5,"ask":2}}]}"#,
            #"{"type":2,"invocationId":"2","item":{"user":{"login":5,"Password":"SECRET-1","name":"SECRET-2"}}}"#,
            #"{"type":1,"target":"OnDebug","arguments":[{"data":"{\"\\u0070assword\":\"SECRET-3\"}"}]}"#,
            #"{"type":6}"#,
        ]
        var wire: [UInt8] = []
        for record in records {
            try Array(record.utf8).withUnsafeBytes { try HubTranscoder.appendMessagePack(of: $0, to: &wire) }
        }
        var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .messagePack)
        var (reader, problems, json) = (HubBinaryReader(), [HubBinaryReader.Problem](), [UInt8]())
        let size = cutBytes ?? wire.count
        for direction in [MessageDirection.received, .sent] {
            for start in stride(from: 0, to: wire.count, by: size) {
                var batch = MessageBatch()
                let part = wire[start..<min(start + size, wire.count)]
                batch.append(part, kind: .binary, direction: direction, tsRecv: UnixNanoseconds(0))
                redactor.redact(&batch)
                for index in batch.entries.indices {
                    batch.withPayload(at: index) { reader.appendRecords(of: $0, to: &json, problems: &problems) }
                }
            }
        }
        #expect(problems.isEmpty && redactor.finish().messages.isEmpty)
        let clean = [
            records[0], #"{"type":2,"invocationId":"2","item":{"user":{"login":5,"Password":"***","name":"***"}}}"#,
            #"{"type":1,"target":"OnDebug","arguments":[{"data":"{\"\\u0070assword\":\"***\"}"}]}"#, records[3],
        ]
        let read = String(decoding: json, as: UTF8.self).split(separator: "\u{1E}").map(String.init)
        #expect(read == clean + clean)
    }

    @Test("a name in MessagePack is found in every string format")
    func packedNames() {
        for head: [UInt8] in [[0xA4], [0xD9, 4], [0xDA, 0, 4]] {
            let item = [0x94, 2, 0x80, 0xA1, 0x32, 0x81] + head + Array("name".utf8) + [0xA8] + Array("SECRET-1".utf8)
            var batch = MessageBatch()
            batch.append([UInt8(item.count)] + item, kind: .binary, direction: .received, tsRecv: UnixNanoseconds(0))
            var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .messagePack)
            redactor.redact(&batch)
            #expect(batch.entries[0].isRedacted)
            #expect(!String(decoding: batch.payload(at: 0), as: UTF8.self).contains("SECRET"))
        }
    }

    @Test(
        "a token is removed wherever a hub repeats it",
        arguments: [
            (#"{"type":3,"error":"T0KEN+value/ is gone"}|"#, #"{"type":3,"error":"***"}|"#),
            (#"{"jwt":"T0KEN+value/"}|"#, #"{"jwt":"***"}|"#),
            (#"{"jwt":"T0KEN\u002Bvalue\/"}|"#, #"{"jwt":"***"}|"#),
            (#"{"url":"wss://h/?id=1&t=T0KEN%2Bvalue%2F"}|"#, #"{"url":"***"}|"#),
            (#"{"T0KEN+value/":1}|"#, #"{"withheld_bytes":18,"reason":"a secret outside of texts"}|"#),
            (#"{"symbol":"T0KEN"}|"#, #"{"symbol":"T0KEN"}|"#),
        ]
    )
    func known(record: String, clean: String) {
        var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
        redactor.learn(KnownSecrets(["T0KEN+value/", "short"]))
        var batch = mt4Batch([record])
        redactor.redact(&batch)
        #expect(mt4Texts(batch) == [clean])
    }

    @Test("a token is found at every place of a text")
    func everywhere() {
        for before in 0..<70 {
            for after in [0, 1, 15, 16, 40] {
                var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
                redactor.learn(KnownSecrets(["T0KENvalue"]))
                let text = String(repeating: "x", count: before) + "T0KENvalue" + String(repeating: "v", count: after)
                var batch = mt4Batch([#"{"a":"\#(text)"}|"#])
                redactor.redact(&batch)
                #expect(mt4Texts(batch) == [#"{"a":"***"}|"#], "\(before) \(after)")
            }
        }
    }

    @Test("redacted data stays redacted, and counts as redacted")
    func again() {
        let once = redacted([#"{"user":{"password":"SECRET-","name":"Ann"}}|"#])
        var twice = once
        var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
        redactor.redact(&twice)
        #expect(twice.bytes == once.bytes && twice.entries == once.entries)
    }

    @Test("garbage in parts of any size never causes a trap", arguments: 0..<20 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let seeds = Self.dressed.map(mt4Bytes)
        var redactor = MT4Redactor(keepsPersonalData: false, hubProtocol: .json)
        for _ in 0..<300 {
            var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
            for _ in 0..<random.next() % 4 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes.removeLast(Int(random.next() % 20) % bytes.count)
            var batch = MessageBatch()
            batch.append(bytes, direction: .received, tsRecv: UnixNanoseconds(0))
            redactor.redact(&batch)
        }
    }

    @Test("texts from outside are cut after a secret word, and known secrets are removed anywhere")
    func texts() {
        func safe(_ text: String) -> String { Venue.mt4.withoutSecrets(text, known: KnownSecrets(["T0Psecret"])) }
        #expect(
            safe("the answer was 401 Unauthorized: invalid token") == "the answer was 401 Unauthorized: invalid token"
        )
        #expect(safe("bad access_token=SECRET-1 for x") == "bad access_token ***")
        #expect(safe("'T0Psecret' is not valid") == "'***' is not valid")
    }
}
