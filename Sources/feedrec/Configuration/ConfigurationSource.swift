/// Where the configuration comes from, to read it now and again later.
struct ConfigurationSource: Sendable {
    let file: String
    let flags: OptionFlags
    let environment: [String: String]

    /// Reads it, and looks whether every token that it names is there.
    ///
    /// - Throws: ``ConfigurationError``.
    func read() throws -> RecorderConfiguration {
        let document = try ConfigurationDocument(contentsOf: file)
        let configuration = try RecorderConfiguration(document, flags: flags, environment: environment)
        try configuration.checkTokens(environment: environment)
        return configuration
    }
}
