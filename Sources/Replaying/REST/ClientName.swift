/// The name that a client has in its base path: `bot1` in `/c/bot1/api/v3/time`.
///
/// HTTP requests name no session. All requests and connections below one name have one clock.
enum ClientName {
    /// `nil` if the path does not begin with `/c/` and a name that a clock may have.
    static func inPath(_ path: String) -> String? {
        guard path.hasPrefix("/c/") else { return nil }
        let rest = path.dropFirst(3)
        guard let end = rest.firstIndex(of: "/"), SessionRequest.isClockName(rest[..<end]) else { return nil }
        return String(rest[..<end])
    }
}
