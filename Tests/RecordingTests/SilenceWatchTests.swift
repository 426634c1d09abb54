import Testing

@testable import Recording

struct SilenceWatchTests {
    /// A feed that has sent data every `pause` for `seconds` times.
    private func regular(_ rule: SilenceRule, seconds: Int = 100, pause: Duration = .seconds(1)) -> SilenceWatch {
        var watch = SilenceWatch(rule)
        watch.connectionBegan(at: .zero)
        for second in 1...seconds { watch.dataArrived(at: pause * second) }
        return watch
    }

    @Test("a configured limit holds from the first moment of a connection")
    func set() {
        var watch = SilenceWatch(.after(.seconds(10)))
        #expect(watch.check(at: .seconds(100)) == nil, "there is no connection")
        watch.connectionBegan(at: .seconds(100))
        #expect(watch.check(at: .seconds(109)) == nil)
        watch.dataArrived(at: .seconds(109))
        #expect(watch.check(at: .seconds(118)) == nil)
        #expect(watch.check(at: .seconds(119)) == .seconds(10))
        #expect(watch.check(at: .seconds(200)) == nil, "already reported")
    }

    @Test("the learned limit is 20 times the longest pause, and at least 30 s")
    func learned() {
        #expect(regular(.automatic, pause: .milliseconds(10)).limit == .seconds(30))
        #expect(regular(.automatic, pause: .seconds(3)).limit == .seconds(60))
        #expect(regular(.automatic, pause: .seconds(1000)).limit == .seconds(3600))
        #expect(regular(.off).limit == nil)
    }

    @Test("a feed that is not known yet has no limit")
    func unknown() {
        var watch = regular(.automatic, seconds: 20)
        #expect(watch.check(at: .seconds(100_000)) == nil)
    }

    @Test("pauses of long ago are forgotten")
    func forgetting() {
        var watch = regular(.automatic, pause: .seconds(10))
        #expect(watch.limit == .seconds(200))
        for second in 1001...9000 { watch.dataArrived(at: .seconds(second)) }
        #expect(watch.limit == .seconds(30))
    }

    @Test("patience doubles while new connections stay silent, and is reset by the first data")
    func patience() {
        var watch = regular(.automatic)
        #expect(watch.check(at: .seconds(130)) == .seconds(30))
        var time: Duration = .seconds(200)
        for limit in [30, 60, 120] {
            watch.connectionBegan(at: time)
            #expect(watch.limit == .seconds(limit))
            time += .seconds(limit)
            #expect(watch.check(at: time) == .seconds(limit))
        }
        watch.connectionBegan(at: time)
        watch.dataArrived(at: time + .seconds(1))
        #expect(watch.limit == .seconds(30))
    }

    @Test("time in which the connection was not read is not a silence, and is not learned from")
    func notListening() {
        var watch = SilenceWatch(.automatic)
        watch.connectionBegan(at: .zero)
        for second in 0...60 { watch.dataArrived(at: .seconds(second)) }
        #expect(watch.limit == .seconds(30))
        watch.listeningResumed(at: .seconds(200))
        #expect(watch.check(at: .seconds(229)) == nil)
        watch.dataArrived(at: .seconds(201))
        #expect(watch.limit == .seconds(30))
        #expect(watch.check(at: .seconds(231)) == .seconds(30))
        watch.connectionEnded()
        watch.listeningResumed(at: .seconds(300))
        #expect(watch.check(at: .seconds(900)) == nil)
    }
}
