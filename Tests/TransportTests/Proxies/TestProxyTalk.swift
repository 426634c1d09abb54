import Foundation

/// The proxy's side of CONNECT.
struct ConnectTalk: ProxyTalk {
    private let wanted: String?

    init(_ credentials: String?) {
        wanted = credentials
    }

    mutating func advance(_ input: inout [UInt8]) -> ProxyStep {
        let text = String(decoding: input, as: UTF8.self)
        guard text.hasSuffix("\r\n\r\n") else { return .wait }
        input = []
        let lines = text.components(separatedBy: "\r\n")
        let basic = lines.first { $0.hasPrefix("Proxy-Authorization: Basic ") }?.dropFirst(27)
        let credentials = basic.flatMap { Data(base64Encoded: String($0)) }.map { String(decoding: $0, as: UTF8.self) }
        guard wanted == nil || wanted == credentials else {
            return .refuse(Array("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n".utf8))
        }
        let target = lines[0].split(separator: " ")[1]
        guard let colon = target.lastIndex(of: ":"), let port = Int(target[colon...].dropFirst()) else {
            return .refuse(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        }
        let host = target[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let answer = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
        return .connect(host: host, port: port, credentials: credentials, answer: answer)
    }
}

/// The proxy's side of SOCKS 5 (RFC 1928, RFC 1929).
struct SOCKS5Talk: ProxyTalk {
    private enum Phase {
        case method, password, request
    }

    private let wanted: String?
    private var phase = Phase.method
    private var credentials: String?

    init(_ credentials: String?) {
        wanted = credentials
    }

    mutating func advance(_ input: inout [UInt8]) -> ProxyStep {
        switch phase {
        case .method:
            guard input.count >= 2, input.count >= 2 + Int(input[1]) else { return .wait }
            let methods = input[2..<2 + Int(input[1])]
            input.removeFirst(2 + methods.count)
            guard wanted == nil || methods.contains(2) else { return .refuse([5, 0xff]) }
            phase = wanted == nil ? .request : .password
            return .answer([5, wanted == nil ? 0 : 2])
        case .password:
            guard input.count >= 2, case let user = 2 + Int(input[1]), input.count > user,
                case let end = user + 1 + Int(input[user]), input.count >= end
            else { return .wait }
            let name = String(decoding: input[2..<user], as: UTF8.self)
            credentials = name + ":" + String(decoding: input[(user + 1)..<end], as: UTF8.self)
            input.removeFirst(end)
            phase = .request
            return credentials == wanted ? .answer([1, 0]) : .refuse([1, 1])
        case .request: return request(&input)
        }
    }

    private func request(_ input: inout [UInt8]) -> ProxyStep {
        guard input.count >= 5 else { return .wait }
        let start = input[3] == 3 ? 5 : 4
        let end = input[3] == 1 ? 8 : input[3] == 4 ? 20 : 5 + Int(input[4])
        guard input.count >= end + 2 else { return .wait }
        let address = input[start..<end]
        let host =
            switch input[3] {
            case 1: address.map { "\($0)" }.joined(separator: ".")
            case 3: String(decoding: address, as: UTF8.self)
            default: address.elementsEqual([UInt8](repeating: 0, count: 15) + [1]) ? "::1" : "::"
            }
        let port = Int(input[end]) << 8 | Int(input[end + 1])
        input = []
        let answer: [UInt8] = [5, 0, 0, 1, 127, 0, 0, 1, 0, 0]
        return .connect(host: host, port: port, credentials: credentials, answer: answer)
    }
}
