// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "backtest",
    dependencies: [.package(name: "feedrec", path: "../..")],
    targets: [
        .executableTarget(
            name: "backtest",
            dependencies: [.product(name: "FeedrecReplay", package: "feedrec")]
        )
    ]
)
