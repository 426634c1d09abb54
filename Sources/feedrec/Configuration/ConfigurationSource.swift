/// The sources of the configuration, kept so that it can be read again.
struct ConfigurationSource: Sendable {
    let file: String
    let flags: OptionFlags
    let environment: [String: String]

    /// Reads the configuration and checks that every token it names is available.
    func read() throws -> RecorderConfiguration {
        let document = try ConfigurationDocument(contentsOf: file)
        let configuration = try RecorderConfiguration(document, flags: flags, environment: environment)
        try configuration.checkTokens(environment: environment)
        return configuration
    }
}
