import JSONScanning
import MarketModel

extension VenueEvent {
    /// JSON that the venue does not send: `{"reason":…,"bytes":n}`.
    static func unrecognised(_ origin: EventOrigin, bytes: Int) -> VenueEvent {
        let json = Array(#"{"reason":"nothing that this venue sends","bytes":\#(bytes)}"#.utf8)
        return VenueEvent(origin: origin, kind: "unrecognised", isOddity: true, json: json)
    }

    /// A message that cannot be read: `{"reason":…,"bytes":n}`.
    static func malformed(_ origin: EventOrigin, reason: String, bytes: Int) -> VenueEvent {
        var json = Array("{\"reason\":".utf8)
        JSONText.appendString(reason, to: &json)
        json.append(contentsOf: ",\"bytes\":\(bytes)}".utf8)
        return VenueEvent(origin: origin, kind: "malformed", isOddity: true, json: json)
    }
}
