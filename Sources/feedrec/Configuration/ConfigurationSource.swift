/// Where the configuration comes from, to read it now and again later.
struct ConfigurationSource: Sendable {
    let file: String
    let flags: OptionFlags
    let environment: [String: String]

    func read() throws -> RecorderConfiguration {
        try RecorderConfiguration(ConfigurationDocument(contentsOf: file), flags: flags, environment: environment)
    }
}
