// swift-tools-version: 6.1
import PackageDescription

// libFuzzer targets, separate from the main package so that a normal build does not include them; `run.sh` builds and
// runs them. The sources under test are symbolic links, because their `package` declarations must be in the same
// package here.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + ["CFuzzDriver"], swiftSettings: settings)
}

let package = Package(
    name: "fuzz",
    targets: [
        target("TextEncoding"),
        target("MarketModel"),
        target("JSONScanning", ["TextEncoding", "CJSONIndex"]),
        target("WebSocketProtocol", ["MarketModel", "TextEncoding", "CZlib"]),
        target("SignalRProtocol", ["MarketModel", "TextEncoding", "JSONScanning"]),
        target("JournalFormat", ["MarketModel", "CZstd", "CCRC32C"]),
        target("SQLiteFormat"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CCRC32C"),
        .target(name: "CJSONIndex"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CFuzzDriver"),
        fuzzer("FuzzHandshake", ["WebSocketProtocol"]),
        fuzzer("FuzzFrames", ["WebSocketProtocol", "MarketModel"]),
        fuzzer("FuzzDeflate", ["WebSocketProtocol", "MarketModel"]),
        fuzzer("FuzzJournal", ["JournalFormat", "MarketModel"]),
        fuzzer("FuzzBlocks", ["JournalFormat", "MarketModel"]),
        fuzzer("FuzzPages", ["SQLiteFormat"]),
        fuzzer("FuzzHubRecords", ["SignalRProtocol", "JSONScanning", "MarketModel"]),
        fuzzer("FuzzHubMessagePack", ["SignalRProtocol", "JSONScanning", "MarketModel"]),
        // Compares the scanner with Foundation, and needs no libFuzzer.
        .executableTarget(name: "JSONParity", dependencies: ["JSONScanning", "MarketModel"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
