import ControlPage
import Replaying
import WebSocketProtocol

/// The control page, in the form that a replay server serves.
struct EmbeddedPage: ReplayPage {
    func asset(path: String) -> ReplayAsset? {
        guard let asset = ControlPage.asset(at: path) else { return nil }
        var headers = HTTPHeaders()
        for (name, value) in ControlPage.headers { headers.append(name, value) }
        return ReplayAsset(bytes: asset.bytes, contentType: asset.contentType, headers: headers)
    }
}
