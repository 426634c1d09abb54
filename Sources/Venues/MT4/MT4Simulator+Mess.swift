import MarketModel

/// Disturbances that a recorder must survive, mixed into a simulated tape.
enum MT4Mess: CaseIterable, Sendable {
    /// A record that is not JSON, or lacks a required member.
    case malformed
    /// `null` in place of a tick, a list or an item.
    case null
    /// The last record again.
    case repeated
    /// Many records in one message.
    case burst
    /// A record of 128 KiB.
    case oversized
    /// A `lastTime` up to two hours off.
    case time
    /// `TradePlatform` instead of `tradePlatform`.
    case pascalCase
    case enumNumbers
    case textNumbers
    /// `onTick` with `[platform, tick]`.
    case positional
    /// Unknown members.
    case extra
    /// A password in an unexpected place.
    case secret

    /// How many of 1024 messages are of this kind.
    var weight: Int {
        switch self {
        case .malformed, .null, .repeated, .extra: 16
        case .burst, .secret: 8
        case .oversized: 1
        case .time, .pascalCase, .enumNumbers, .textNumbers, .positional: 24
        }
    }

    /// Returns the disturbance for a number from 0 to 1023; `nil` for most numbers.
    init?(_ number: Int) {
        var upTo = 0
        for mess in Self.allCases {
            upTo += mess.weight
            if number < upTo {
                self = mess
                return
            }
        }
        return nil
    }
}

extension MT4Simulator {
    private static let oversizedBytes = 128 << 10
    private static let burstMax = 40

    /// Appends one message: one record, or a disturbance.
    mutating func appendMess(to output: inout [UInt8]) {
        let mess = MT4Mess(draw(below: 1024))
        switch mess {
        case .burst:
            for _ in 0..<2 + draw(below: Self.burstMax) { appendRemembered(nil, to: &output) }
        case .repeated where !lastRecord.bytes.isEmpty:
            writer.replace(with: lastRecord.bytes)
            for entry in lastRecord.entries { note(entry) }
            appendWritten(to: &output)
        default:
            appendRemembered(mess, to: &output)
        }
    }

    /// Appends one record and keeps it for a repetition.
    private mutating func appendRemembered(_ mess: MT4Mess?, to output: inout [UInt8]) {
        let noted = ledger.count
        writeRecord(mess)
        lastRecord = (writer.bytes, Array(ledger[noted...]))
        appendWritten(to: &output)
    }

    private mutating func writeRecord(_ mess: MT4Mess?) {
        switch mess {
        case .malformed: writeMalformed()
        case .null: writeNull()
        case .oversized: writeDebug(String(repeating: "x", count: Self.oversizedBytes), data: "null")
        case .secret: writeDebug("login", data: #"{"request":{"Login":1001,"PassWord":"SECRET-debug"}}"#)
        case .extra: writeExtra()
        case .time:
            let time = clock
            clock.advance(to: clock.time.advanced(by: .seconds(draw(below: 14_400) - 7200)))
            write(nextKind())
            clock = time
        case .pascalCase: writeNext { $0.hasPascalCase.toggle() }
        case .enumNumbers: writeNext { $0.hasEnumNumbers.toggle() }
        case .textNumbers: writeNext { $0.hasTextNumbers.toggle() }
        case .positional: writeNext { $0.isPositional.toggle() }
        case .burst, .repeated, nil: write(nextKind())
        }
    }

    /// Writes the next record in another spelling.
    private mutating func writeNext(_ change: (inout MT4Spelling) -> Void) {
        change(&writer.spelling)
        write(nextKind())
        writer.spelling = options.spelling
    }

    /// Truncates the next record, or writes something that is not a record.
    ///
    /// The message then has no meaning.
    private mutating func writeMalformed() {
        let noted = ledger.count
        write(nextKind())
        ledger.removeSubrange(noted...)
        switch draw(below: 6) {
        case 0: writer.replace(with: [])
        case 1: writer.replace(with: Array("<html>502 Bad Gateway</html>".utf8))
        case 2: writer.replace(with: Array(#"{"type":1,"arguments":[]}"#.utf8))
        case 3: writer.replace(with: Array(#"{"type":1,"target":"OnTick","arguments":{"tick":1}}"#.utf8))
        default: writer.replace(with: Array(writer.bytes.prefix(1 + draw(below: writer.bytes.count - 1))))
        }
        note(.other("malformed"))
    }

    private mutating func writeNull() {
        let streams = choice.allStreams
        if !streams.isEmpty, draw(below: 2) == 0 {
            writer.beginItem(of: anyOf(streams))
            writer.append("null")
            writer.endItem()
        } else if choice.tickInstruments.isEmpty {
            writer.beginEvent("OnMarginUpdate")
            writer.json("margins", "null")
            writer.endEvent()
        } else {
            writeNullTick()
        }
        note(.other("null"))
    }

    private mutating func writeNullTick() {
        switch draw(below: 4) {
        case 0:
            writer.beginEvent("OnTick")
            writer.json("tick", "null")
        case 1:
            writer.beginEvent("OnTick")
        case 2:
            writer.beginEvent("OnTicks")
            writer.json("ticks", "null")
        default:
            writer.beginEvent("OnTicks")
            writer.json("ticks", "[null,{\"tradePlatform\":null,\"tick\":null}]")
        }
        writer.endEvent()
    }

    /// Writes a margin update with unknown members.
    private mutating func writeExtra() {
        writer.beginEvent("OnMarginUpdate")
        writer.openArray("margins")
        let index = draw(below: accounts.count)
        accounts[index].writeMarginLevel(to: &writer)
        writer.closeArray()
        writer.json("serverBuild", "{\"a\":[1,2,{\"b\":null}]}")
        writer.endEvent()
        noteMargin(of: index)
    }

    private mutating func writeDebug(_ message: String, data: StaticString) {
        writer.beginEvent("OnDebug")
        writer.text("category", "mess")
        writer.text("message", message)
        writer.json("data", data)
        writer.endEvent()
        note(.other("OnDebug"))
    }
}
