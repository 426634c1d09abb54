import Foundation
import Testing

/// A public SignalR client with the script that runs it.
struct HubClient: Sendable, CustomTestStringConvertible {
    enum Kind: String, Sendable {
        case pysignalr, signalrcore, node, chromium
    }

    let kind: Kind
    /// The build of the official client, for the JavaScript clients.
    var library = ""

    var testDescription: String {
        library.isEmpty ? kind.rawValue : "\(kind.rawValue) \(URL(fileURLWithPath: library).lastPathComponent)"
    }

    var isJavaScript: Bool { kind == .node || kind == .chromium }

    /// pysignalr and signalrcore always use the first token.
    var followsRedirects: Bool { isJavaScript }

    /// The clients that can run here.
    static let all: [HubClient] =
        (PublicClients.python == nil ? [] : [HubClient(kind: .pysignalr), HubClient(kind: .signalrcore)])
        + builds.flatMap { build in
            (Executable.find("node") == nil ? [] : [HubClient(kind: .node, library: build)])
                + (chromium == nil ? [] : [HubClient(kind: .chromium, library: build)])
        }

    static let reason: Comment = "needs FEEDREC_SIGNALR_JS, or a Python with pysignalr and signalrcore"

    private static var builds: [String] {
        (ProcessInfo.processInfo.environment["FEEDREC_SIGNALR_JS"] ?? "").split(separator: ":").map(String.init)
            .filter { FileManager.default.isReadableFile(atPath: $0) }
    }

    private static var chromium: URL? { Executable.find("node").flatMap { _ in Executable.find("chromium") } }

    static func script(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Clients/\(name)").path
    }

    /// Runs the client until it has received what it waits for.
    func run(_ wish: HubWish, on bench: Workbench) async throws -> HubReport {
        let json = String(decoding: try JSONEncoder().encode(wish), as: UTF8.self)
        let finished = try await start(json, on: bench).finish()
        #expect(finished.status == 0, "\(finished.errors)")
        let line = try #require(finished.lines.last, "\(finished.errors)")
        return try JSONDecoder().decode(HubReport.self, from: Data(line.utf8))
    }

    private func start(_ wish: String, on bench: Workbench) throws -> RunningProgram {
        switch kind {
        case .pysignalr, .signalrcore:
            let python = try #require(PublicClients.python)
            return try bench.start(python, ["-B", Self.script("hub_\(kind.rawValue).py"), wish])
        case .node:
            let node = try #require(Executable.find("node"))
            return try bench.start(node, [Self.script("signalr-node.cjs"), library, wish])
        case .chromium:
            let node = try #require(Executable.find("node"))
            let chromium = try #require(Self.chromium)
            return try bench.start(node, [Self.script("signalr-browser.cjs"), chromium.path, library, wish])
        }
    }
}

/// The instructions for a client; see `Clients/hub-client.js`.
struct HubWish: Encodable, Sendable {
    var url: String
    var streams = HubTape.streams
    var skip: Bool
    var token: String?
    var messagePack = false
    /// The number of callbacks to wait for.
    var max = 100
    var seconds = 40

    init(_ server: String, skip: Bool = false, token: String? = nil, messagePack: Bool = false) {
        self.messagePack = messagePack
        url = server.replacingOccurrences(of: "ws://", with: "http://") + MT4.path
        self.skip = skip
        self.token = token
    }
}

/// A client's report.
struct HubReport: Decodable, Sendable {
    var version: String
    var events: [String: Int]
    var streams: [String: Int]
    var errors: [String]
    var connected: Bool?
    /// The error of a call that hubs do not have.
    var unknown: String?
}
