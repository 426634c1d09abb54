import Testing

@testable import Recording

/// The overload rule, without tasks or clocks.
struct StorageLoadTests {
    private typealias Room = StorageLoad.Room

    @Test("with stop-reading a batch waits while the journal has no room, and nothing is dropped")
    func waiting() {
        var load = StorageLoad(rule: .stopReading)
        let full = Room(inJournal: false, atWriter: false, inCapture: false)
        #expect(!load.mustWait { Room() } && load.mustWait { full })
        #expect(load.decide(pause: nil, isSubscribed: true) { full } == (.capture(endsGap: false), nil))
        #expect(!load.isWriterBusy { full })
    }

    @Test("an overload is reported once, and ends after a second without a wait")
    func spell() {
        var load = StorageLoad(rule: .stopReading)
        #expect(load.beginWait() == .overloaded(.stopReading))
        load.endWait(after: .seconds(2))
        #expect(load.tick(isHeldBack: false) == nil)
        #expect(load.beginWait() == nil)
        load.endWait(after: .seconds(3))
        for _ in 1..<StorageLoad.quietTicksMin { #expect(load.tick(isHeldBack: false) == nil) }
        #expect(load.tick(isHeldBack: true) == nil, "a connection still waits")
        #expect(load.tick(isHeldBack: false) == .caughtUp(waited: .seconds(5)))
        #expect(load.tick(isHeldBack: false) == nil && load.end() == nil)
    }

    @Test("the end of the recording ends an overload, and a wait that ends later begins no other")
    func end() {
        var load = StorageLoad(rule: .stopReading)
        #expect(load.end() == nil)
        _ = load.beginWait()
        #expect(load.end() == .caughtUp(waited: .zero))
        load.endWait(after: .seconds(1))
        #expect(load.end() == nil)
    }

    @Test("with drop messages are one run, from the full capture until the writer has room")
    func dropping() {
        var load = StorageLoad(rule: .drop)
        let busy = Room(atWriter: false)
        #expect(load.decide(pause: nil, isSubscribed: true) { busy } == (.capture(endsGap: false), nil))
        let full = Room(atWriter: false, inCapture: false)
        let first = load.decide(pause: nil, isSubscribed: true) { full }
        #expect(first == (.drop(begins: .overload), .overloaded(.drop)))
        #expect(load.decide(pause: nil, isSubscribed: true) { busy } == (.drop(begins: nil), nil))
        #expect(load.dropCause == .overload && load.isWriterBusy { busy })
        let last = load.decide(pause: nil, isSubscribed: true) { Room() }
        #expect(last == (.capture(endsGap: true), .caughtUp(waited: .zero)))
        #expect(load.dropCause == nil)
    }

    @Test("a full disk drops with either rule, under its own cause and without a word about an overload")
    func diskFull() {
        for rule in OverloadRule.allCases {
            var load = StorageLoad(rule: rule)
            #expect(load.decide(pause: .diskFull, isSubscribed: false) { Room() } == (.drop(begins: nil), nil))
            #expect(load.decide(pause: .diskFull, isSubscribed: true) { Room() } == (.drop(begins: .diskFull), nil))
            #expect(load.decide(pause: .diskFull, isSubscribed: true) { Room() } == (.drop(begins: nil), nil))
            #expect(load.decide(pause: nil, isSubscribed: true) { Room() } == (.capture(endsGap: true), nil))
        }
    }
}
