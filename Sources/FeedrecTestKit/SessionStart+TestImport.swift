package import Archive
package import MarketModel

extension SessionStart {
    /// The session of an import in a test, with nothing that depends on the machine.
    package static func testImport(
        at tsStart: UnixNanoseconds = UnixNanoseconds(0),
        configuration: String = "{}"
    ) -> SessionStart {
        SessionStart(
            kind: .import,
            tsStart: tsStart,
            host: nil,
            programVersion: "test",
            configuration: configuration
        )
    }
}
