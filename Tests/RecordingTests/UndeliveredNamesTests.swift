import Testing

@testable import Recording

struct UndeliveredNamesTests {
    private let minute = Duration.seconds(60)

    @Test("C5 names that have not arrived after a minute are reported once, and the remaining names when more arrive")
    func news() {
        var names = UndeliveredNames(patience: minute)
        #expect(names.news(afterSubscribed: minute) == nil, "there was no connection yet")
        names.note(["a", "b", "c"])
        #expect(names.news(afterSubscribed: .seconds(59)) == nil)
        names.note(["b", "c"])
        #expect(names.news(afterSubscribed: minute) == .init(names: ["b", "c"], isFirst: true))
        #expect(names.news(afterSubscribed: minute * 2) == nil)
        names.note(["c"])
        #expect(names.news(afterSubscribed: .zero) == .init(names: ["c"], isFirst: false), "also on another connection")
        names.note([])
        #expect(names.news(afterSubscribed: .zero) == .init(names: [], isFirst: false))
        #expect(names.isComplete && names.news(afterSubscribed: minute) == nil)
    }

    @Test("kind 9 a name that one connection delivered has arrived, even if the next one has not delivered it yet")
    func connections() {
        var names = UndeliveredNames(patience: minute)
        names.note(["a", "b"])
        names.note(["a"])
        names.note(["a", "b"])
        #expect(names.news(afterSubscribed: minute) == .init(names: ["a"], isFirst: true))
    }

    @Test("kind 9 a feed that delivers everything in time reports nothing")
    func complete() {
        var names = UndeliveredNames(patience: minute)
        names.note(["a"])
        names.note([])
        #expect(names.news(afterSubscribed: minute) == nil && names.isComplete)
    }
}
