import MarketModel
import Testing
import TextEncoding
import Venues

/// What is removed from the messages of every venue.
struct ConnectionRedactorTests {
    private static func messages(_ payloads: [String], kind: MessageKind = .text) -> MessageBatch {
        var batch = MessageBatch()
        for text in payloads {
            batch.append(text.utf8, kind: kind, direction: .received, tsRecv: UnixNanoseconds(Int64(batch.count)))
        }
        return batch
    }

    @Test("the secrets of a connection are removed at every venue", arguments: Venue.all)
    func everywhere(venue: Venue) {
        var redactor = venue.makeRedactor(secrets: FeedSecrets(["SECRET-token-0123"]))
        let plain = #"{"stream":"a@trade","data":{"a":1}}"#
        var batch = Self.messages([plain, #"{"stream":"a@trade","data":{"x":"SECRET-token-0123"}}"#, plain])
        // The records of a hub end with a separator.
        if venue == .mt4 { batch = Self.messages([plain, #"{"x":"SECRET-token-0123"}"#, plain].map { $0 + "\u{1E}" }) }
        redactor.redact(&batch)
        _ = redactor.finish()
        #expect(batch.count == 3 && batch.entries.map(\.isRedacted) == [false, true, false])
        #expect(texts(batch)[0].hasPrefix(plain) && texts(batch)[1].contains("***"))
        #expect(!texts(batch).joined().contains("SECRET"))
        #expect(batch.entries.map(\.tsRecv.rawValue) == [0, 1, 2])
    }

    @Test("a secret that becomes known during the connection is removed from the next batch on")
    func learned() {
        let secrets = FeedSecrets()
        var redactor = Venue.binanceSpot.makeRedactor(secrets: secrets)
        var batch = Self.messages(["SECRET-renewed"])
        redactor.redact(&batch)
        #expect(texts(batch) == ["SECRET-renewed"])
        secrets.add("SECRET-renewed")
        redactor.redact(&batch)
        #expect(texts(batch) == ["***"])
    }

    @Test("a secret is found with escapes, beside another without, and in an answer over HTTP")
    func escaped() {
        let known = KnownSecrets(["SECRET-one", "SECRET/two"])
        var batch = Self.messages([
            #"{"a":"SECRET-\u006fne"}"#, #"{"a":"SECRET-one","b":"SECRET\/two"}"#, #"{"\n":"\/"}"#,
        ])
        batch.append("GET https://h/x 200\n[\"SECRET-one\"]".utf8, kind: .rest, direction: .received, tsRecv: .init(7))
        batch.journalPosition = JournalPosition()
        batch.redact(known)
        #expect(
            texts(batch) == [
                #"{"a":"***"}"#, #"{"a":"***","b":"***"}"#, #"{"\n":"\/"}"#, "GET https://h/x 200\n[\"***\"]",
            ]
        )
        #expect(batch.entries.map(\.isRedacted) == [true, true, false, true] && batch.entries[3].kind == .rest)
        #expect(batch.journalPosition != nil)
    }

    @Test("binary messages are searched as they are")
    func binary() {
        var batch = Self.messages(["\"SECRET-one", #""SECRET-\u006fne""#], kind: .binary)
        batch.redact(KnownSecrets(["SECRET-one"]))
        #expect(texts(batch) == ["\"***", #""SECRET-\u006fne""#] && batch.entries.allSatisfy { $0.kind == .binary })
    }

    @Test("a feed's secrets are bounded, and every use is passed on")
    func bounded() {
        let log = Log()
        let secrets = FeedSecrets { log.texts.append($0) }
        for number in 0..<1000 { secrets.add("secret-\(number)") }
        secrets.add("secret-999")
        secrets.add(nil)
        #expect(secrets.known.count <= 64 && secrets.known.contains("secret-999") && log.texts.count == 1001)
        #expect(secrets.version == 1000)
    }

    /// Used by one task only.
    private final class Log: @unchecked Sendable {
        var texts: [String] = []
    }
}
