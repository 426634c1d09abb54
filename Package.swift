// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A target of this package, with the settings shared by all.
func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// A system library, found with pkg-config.
func system(_ name: String, _ pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let tomlKit: Target.Dependency = .product(name: "TOMLKit", package: "TOMLKit")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "feedrec",
    products: [
        .executable(name: "feedrec", targets: ["feedrec"]),
        .library(name: "FeedrecWebSocket", targets: ["FeedrecWebSocket"]),
        .library(name: "FeedrecReplay", targets: ["FeedrecReplay"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // No I/O, no clock.
        target("TextEncoding"),
        target("MarketModel"),
        target("Telemetry", ["MarketModel"]),
        target("JSONScanning", ["TextEncoding", "CJSONIndex"]),
        target("WebSocketProtocol", ["MarketModel", "TextEncoding", "CZlib"]),
        target("TLSEngine", ["TextEncoding", "COpenSSL"]),
        target("Signing", ["COpenSSL"]),
        target("SignalRProtocol", ["MarketModel", "TextEncoding", "JSONScanning"]),
        target("Venues", ["MarketModel", "TextEncoding", "JSONScanning", "SignalRProtocol"]),
        target("BarBuilding", ["MarketModel"]),
        target("OrderBooks", ["MarketModel", "CZlib"]),
        target("JournalFormat", ["MarketModel", "CZstd", "CCRC32C"]),
        target("SQLiteFormat"),

        // The network and the disk.
        target("Transport", ["MarketModel", "TextEncoding", "WebSocketProtocol", "TLSEngine", nioCore, nioPosix]),
        target(
            "FeedrecWebSocket",
            ["MarketModel", "WebSocketProtocol", "TLSEngine", "Transport", nioCore, nioPosix]
        ),
        .target(
            name: "Migrations",
            path: "Migrations",
            resources: [
                .embedInCode("v0001_initial.sql"), .embedInCode("v0002_hub.sql"), .embedInCode("v0003_journal.sql"),
                .embedInCode("v0004_upkeep.sql"), .embedInCode("v0005_field.sql"),
                .embedInCode("v0006_books.sql"),
                .embedInCode("v0007_derived_quotes.sql"),
            ],
            swiftSettings: settings
        ),
        target(
            "Archive",
            [
                "MarketModel", "JournalFormat", "SQLiteFormat", "Migrations", "CMessageTable", "COpenSSL", "CSQLite",
            ]
        ),
        target("BarInput", ["MarketModel", "BarBuilding", "Archive"]),
        target("Interchange", ["MarketModel", "TextEncoding", "JSONScanning", "CZstd", "CZlib"]),
        .target(
            name: "ControlPage",
            resources: [.embedInCode("Resources")],
            swiftSettings: settings
        ),

        // Uses of the network and the disk.
        target(
            "Recording",
            [
                "MarketModel", "TextEncoding", "Telemetry", "Venues", "BarBuilding", "BarInput", "JournalFormat",
                "WebSocketProtocol", "Transport", "Archive", "Interchange", "SignalRProtocol", "OrderBooks",
            ]
        ),
        target(
            "Replaying",
            [
                "MarketModel", "Telemetry", "JSONScanning", "Venues", "SignalRProtocol", "BarBuilding", "BarInput",
                "JournalFormat", "WebSocketProtocol", "Transport", "Archive", "OrderBooks",
            ]
        ),
        // What a running recorder shows of itself.
        target(
            "RecorderStatus",
            ["MarketModel", "Telemetry", "WebSocketProtocol", "Transport", "Recording", "CTimex"]
        ),
        target("FeedrecReplay", ["MarketModel", "OrderBooks", "Archive", "Replaying", nioPosix]),
        .executableTarget(
            name: "feedrec",
            dependencies: [
                "MarketModel", "TextEncoding", "Telemetry", "JSONScanning", "Venues", "BarBuilding",
                "WebSocketProtocol", "TLSEngine", "Signing", "Transport", "Archive", "Interchange", "JournalFormat",
                "Recording",
                "RecorderStatus", "Replaying", "OrderBooks", "FeedrecReplay", "SignalRProtocol", "ControlPage", nioCore,
                nioPosix,
                argumentParser, logging, tomlKit, "CEpoll",
                "CMalloc", "CTimex",
            ],
            swiftSettings: settings
        ),

        // An example of the library product.
        .executableTarget(
            name: "websocket-example",
            dependencies: ["FeedrecWebSocket"],
            path: "examples/websocket",
            swiftSettings: settings
        ),

        // Tests, one target for each of the above, and the test kit.
        target(
            "FeedrecTestKit",
            ["MarketModel", "WebSocketProtocol", "Transport", "Archive", nioCore, nioPosix]
        ),
        tests("TextEncodingTests", ["TextEncoding"]),
        tests("MarketModelTests", ["MarketModel"]),
        tests("TelemetryTests", ["Telemetry", "MarketModel"]),
        tests("JSONScanningTests", ["JSONScanning", "MarketModel"]),
        tests("WebSocketProtocolTests", ["WebSocketProtocol", "MarketModel"]),
        tests("TLSEngineTests", ["TLSEngine", "MarketModel"]),
        tests("SigningTests", ["Signing", "TextEncoding"]),
        tests("SignalRProtocolTests", ["SignalRProtocol", "MarketModel", "JSONScanning"]),
        tests(
            "VenuesTests",
            ["Venues", "OrderBooks", "MarketModel", "JSONScanning", "SignalRProtocol", "Interchange"]
        ),
        tests("BarBuildingTests", ["BarBuilding", "MarketModel"]),
        tests("BarInputTests", ["BarInput", "BarBuilding", "Archive", "MarketModel"]),
        tests("OrderBooksTests", ["OrderBooks", "MarketModel", "Venues", "Interchange"]),
        tests("JournalFormatTests", ["JournalFormat", "MarketModel"], exclude: ["Golden"]),
        tests("SQLiteFormatTests", ["SQLiteFormat", "MarketModel"]),
        tests("CMessageTableTests", ["CMessageTable", "JournalFormat", "MarketModel"]),
        tests(
            "TransportTests",
            ["Transport", "FeedrecTestKit", "MarketModel", "WebSocketProtocol", "TLSEngine", nioCore, nioPosix]
        ),
        tests("FeedrecWebSocketTests", ["FeedrecWebSocket", "FeedrecTestKit"]),
        tests("InterchangeTests", ["Interchange", "MarketModel", "JSONScanning", "Venues"], exclude: ["Excerpts"]),
        tests(
            "ArchiveTests",
            ["Archive", "FeedrecTestKit", "MarketModel", "JournalFormat", "Migrations", "CSQLite"],
            exclude: ["Golden"]
        ),
        tests("ControlPageTests", ["ControlPage"]),
        tests(
            "RecordingTests",
            [
                "Recording", "FeedrecTestKit", "MarketModel", "TextEncoding", "Venues", "BarBuilding", "JournalFormat",
                "WebSocketProtocol", "Transport", "Archive", "Interchange", "SignalRProtocol", nioPosix,
            ]
        ),
        tests(
            "ReplayingTests",
            [
                "Replaying", "FeedrecTestKit", "MarketModel", "JSONScanning", "Venues", "JournalFormat",
                "WebSocketProtocol", "Transport", "Archive",
            ]
        ),
        // Recording, rebuilding and replaying must agree on the same messages.
        tests(
            "BarAgreementTests",
            [
                "Recording", "Replaying", "FeedrecTestKit", "MarketModel", "Venues", "BarBuilding", "JournalFormat",
                "Archive",
            ]
        ),
        // `/replay`, the library and `feedrec book` must show the same books.
        tests(
            "BookAgreementTests",
            [
                "Recording", "Replaying", "FeedrecReplay", "OrderBooks", "FeedrecTestKit", "MarketModel", "Venues",
                "JSONScanning", "JournalFormat", "Interchange", "Archive",
            ]
        ),
        // A venue that exists only there, and what feedrec does with it.
        tests(
            "AddedVenueTests",
            [
                "feedrec", "FeedrecTestKit", "MarketModel", "JSONScanning", "Venues", "BarBuilding", "Transport",
                "Archive", "Interchange", "Recording", "Replaying", argumentParser, nioPosix,
            ],
            exclude: ["JSONFeeds"]
        ),
        tests(
            "RecorderStatusTests",
            [
                "RecorderStatus", "FeedrecTestKit", "MarketModel", "Telemetry", "Recording", "Transport",
                "WebSocketProtocol",
            ]
        ),
        tests("FeedrecReplayTests", ["FeedrecReplay", "FeedrecTestKit", "Archive", "JournalFormat", "MarketModel"]),
        tests("TidyTests", []),
        tests(
            "FeedrecTests",
            [
                "feedrec", "FeedrecTestKit", "MarketModel", "TextEncoding", "Telemetry", "Archive", "BarBuilding",
                "Venues", "Interchange", "Recording", "RecorderStatus", "Replaying", "Transport", "WebSocketProtocol",
                logging,
                argumentParser,
            ]
        ),
        tests(
            "EndToEndTests",
            [
                "feedrec", "websocket-example", "FeedrecTestKit", "MarketModel", "Transport", "WebSocketProtocol",
                "Venues", nioCore, nioPosix,
            ],
            exclude: ["Clients", "Golden"]
        ),

        // System libraries, and C sources.
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CTimex"),
        .target(name: "CCRC32C"),
        .target(name: "CJSONIndex"),
        system("COpenSSL", "openssl", apt: "libssl-dev"),
        system("CZstd", "libzstd", apt: "libzstd-dev"),
        system("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
        system("CZlib", "zlib", apt: "zlib1g-dev"),
        .target(
            name: "CMessageTable",
            dependencies: ["CZstd"],
            cSettings: [.define("FEEDREC_STATIC")],
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
