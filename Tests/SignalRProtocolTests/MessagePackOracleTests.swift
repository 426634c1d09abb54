import Foundation
import SignalRProtocol
import Testing

/// Compares with Python's `msgpack`, if it is installed.
@Suite(.enabled(if: MessagePackOracle.isAvailable, "needs python3 with the package msgpack"), .timeLimit(.minutes(5)))
struct MessagePackOracleTests {
    @Test("Python reads our messages as the same values")
    func written() throws {
        let records = RandomHub(seed: 11).records(300)
        let input = try records.map { try Self.hex(Hub.messagePack($0)) }
        // The length is removed by hand, so that its encoding is checked too.
        let script = """
            import json, msgpack, sys
            for line in sys.stdin:
                data = bytes.fromhex(line)
                length = shift = index = 0
                while True:
                    byte = data[index]; index += 1
                    length |= (byte & 127) << shift; shift += 7
                    if byte < 128: break
                assert length == len(data) - index, line
                print(json.dumps(msgpack.unpackb(data[index:]), ensure_ascii=False))
            """
        let output = try MessagePackOracle.run(script, input: input)
        #expect(output.count == records.count)
        for (record, line) in zip(records, output) {
            let array = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSArray)
            let object = try #require(JSONSerialization.jsonObject(with: Data(record.utf8)) as? NSDictionary)
            #expect(array[0] as? Int == object["type"] as? Int)
            switch array[0] as? Int {
            case 1, 4:
                #expect(array[3] as? String == object["target"] as? String)
                #expect(array[4] as? NSArray == object["arguments"] as? NSArray, "\(record)")
            case 2: #expect((array[3] as? NSObject) == (object["item"] as? NSObject), "\(record)")
            case 3:
                #expect((array[4] as? NSObject) == ((object["result"] ?? object["error"]) as? NSObject), "\(record)")
            default: break
            }
        }
    }

    @Test("we read Python's messages as the same values")
    func read() throws {
        let script = """
            import datetime, json, msgpack, random
            random.seed(5)
            utc = datetime.timezone.utc
            def value(depth):
                kind = random.randrange(9 if depth < 4 else 7)
                if kind == 0: return None
                if kind == 1: return random.choice([True, False])
                if kind == 2: return random.randrange(-2**63, 2**64) >> random.randrange(64)
                if kind == 3: return random.uniform(-1e6, 1e6)
                if kind == 4: return ''.join(random.choice('abc €ž"\\\\\\n') for _ in range(random.randrange(300)))
                if kind == 5: return random.randrange(-2**31, 2**31)
                if kind == 6: return random.choice([0.0, 1.0, -2.5, 1e300, 5e-324, 0.1])
                if kind == 7: return [value(depth + 1) for _ in range(random.randrange(20))]
                return {str(index): value(depth + 1) for index in range(random.randrange(20))}
            for index in range(300):
                item = value(0)
                packed = msgpack.packb([2, {}, "1", item], use_single_float=False)
                print(packed.hex(), json.dumps({"type": 2, "invocationId": "1", "item": item}))
            for seconds in [0, 1, 2**32 - 1, 2**32, 2**34 - 1, 2**34, -1, -62135596800, 253402300799]:
                for micro in [0, 1, 500000, 999999]:
                    moment = datetime.datetime(1970, 1, 1, tzinfo=utc) + datetime.timedelta(seconds=seconds, microseconds=micro)
                    text = moment.strftime('%m-%dT%H:%M:%S') + (('.%06d' % micro).rstrip('0') if micro else '') + 'Z'
                    packed = msgpack.packb([2, {}, "1", moment], datetime=True)
                    print(packed.hex(), json.dumps({"type": 2, "invocationId": "1", "item": '%04d-' % moment.year + text}))
            """
        let lines = try MessagePackOracle.run(script, input: [])
        #expect(lines.count == 336)
        for line in lines {
            let blank = try #require(line.firstIndex(of: " "))
            let read = try Hub.json(bytes(String(line[..<blank])))
            let expected = line[blank...].dropFirst()
            let (left, right) = (Data(read.utf8), Data(expected.utf8))
            let isSame =
                try JSONSerialization.jsonObject(with: left) as? NSDictionary
                == JSONSerialization.jsonObject(with: right) as? NSDictionary
            #expect(isSame, "\(read) instead of \(expected)")
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

enum MessagePackOracle {
    static let isAvailable = (try? run("import msgpack", input: [])) != nil

    /// Runs a Python script, which must succeed, and returns the lines that it prints.
    static func run(_ script: String, input: [String]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "feedrec-oracle-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, output) = (folder.appendingPathComponent("input"), folder.appendingPathComponent("output"))
        try Data(input.map { $0 + "\n" }.joined().utf8).write(to: file)
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
