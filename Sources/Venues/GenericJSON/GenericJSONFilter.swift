import JSONScanning
import MarketModel

/// Selects the messages about some symbols with the mapping that they were recorded with.
///
/// A message is permitted if it names permitted symbols and no others. An acknowledgement or a ping that names no
/// symbol is permitted too. All other messages are withheld, because they may be about any symbol: those that the
/// mapping does not recognise, those that cannot be read, and those without a symbol.
struct GenericJSONFilter: MessageFilter {
    private let mapping: FeedMapping
    private let permitted: Set<String>
    /// The symbols as the venue writes them, and for each whether it is permitted.
    private var written = SymbolTable()
    private var verdicts: [Bool] = []

    /// Makes a filter that permits `symbols`, given as they are in the rows.
    init(_ mapping: FeedMapping, symbols: Set<String>) {
        self.mapping = mapping
        permitted = symbols
    }

    /// What the message so far says about its symbols.
    private struct Finding {
        var isAnswer = false
        var hasName = false
        /// True for a symbol that is not permitted, and for a place without the symbol that should be there.
        var isForeign = false
    }

    mutating func permits(_ batch: MessageBatch) -> [Bool] {
        batch.bytes.withUnsafeBytes { bytes in
            batch.entries.map { entry in
                JSONText.withPlain(UnsafeRawBufferPointer(rebasing: bytes[entry.range])) { permits($0) }
            }
        }
    }

    private mutating func permits(_ message: UnsafeRawBufferPointer) -> Bool {
        let plans = mapping.plans
        if plans.hasTexts {
            let kinds = plans.entries.filter { $0.plan.text.map { message.elementsEqual($0) } ?? false }
                .map(\.plan.mapping.kind)
            if !kinds.isEmpty { return kinds.contains(where: \.isAnswer) }
        }
        var finding = Finding()
        withUnsafeTemporaryAllocation(of: JSONValue?.self, capacity: plans.slotCount) { slots in
            slots.initialize(repeating: nil)
            do throws(JSONError) {
                var cursor = JSONCursor(message)
                try plans.root.read(&cursor, into: slots)
                try cursor.expectEnd()
                for entry in plans.entries where entry.plan.text == nil && entry.plan.matches(slots) {
                    finding.isAnswer = finding.isAnswer || entry.plan.mapping.kind.isAnswer
                    try look(at: entry.plan, level: 0, isSelected: true, slots, &finding)
                }
            } catch {
                finding.isForeign = true
            }
        }
        return !finding.isForeign && (finding.hasName || finding.isAnswer)
    }

    /// Looks at all elements of the lists of a plan, also at those that its conditions do not select: the client would
    /// get them, too.
    private mutating func look(
        at plan: MappingPlan,
        level: Int,
        isSelected: Bool,
        _ slots: MappingShape.Slots,
        _ finding: inout Finding
    ) throws(JSONError) {
        guard level < plan.lists.count else { return check(plan, isSelected: isSelected, slots, &finding) }
        let list = plan.lists[level]
        guard let value = slots[list.slot], value.kind == .array || value.kind == .object else {
            finding.isForeign = true
            return
        }
        var cursor = JSONCursor(value)
        let isObject = value.kind == .object
        if isObject { try cursor.enterObject() } else { try cursor.enterArray() }
        while isObject ? try cursor.nextKey() != nil : try cursor.nextElement() {
            for slot in list.slots { slots[slot] = nil }
            try list.shape.read(&cursor, into: slots)
            let isSelected = isSelected && MappingPlan.hold(list.tests, slots)
            try look(at: plan, level: level + 1, isSelected: isSelected, slots, &finding)
        }
    }

    /// Checks the symbol of one element.
    private mutating func check(
        _ plan: MappingPlan,
        isSelected: Bool,
        _ slots: MappingShape.Slots,
        _ finding: inout Finding
    ) {
        var verdict: Bool?
        if let constant = plan.constantSymbol {
            verdict = constant.withUnsafeBytes { isPermitted(writtenAs: $0) }
        } else if let slot = plan.slot(.symbol), let value = slots[slot],
            value.kind == .string || value.kind == .number
        {
            verdict = value.withText { text in plan.symbol(in: text).map { isPermitted(writtenAs: $0) } }
        }
        if let verdict {
            finding.hasName = true
            if !verdict { finding.isForeign = true }
        } else if isSelected, plan.mapping.kind.required.contains([.symbol]) {
            finding.isForeign = true
        }
    }

    private mutating func isPermitted(writtenAs bytes: UnsafeRawBufferPointer) -> Bool {
        let index = Int(written.intern(bytes).value)
        if index == verdicts.count {
            verdicts.append(permitted.contains(mapping.stored(String(decoding: bytes, as: UTF8.self))))
        }
        return verdicts[index]
    }
}

extension MessageMapping.Kind {
    /// True for answers of the venue that concern the connection, and no market.
    fileprivate var isAnswer: Bool { self == .accepted || self == .ping }
}
