import JSONScanning

/// One kind of message, compiled: the slots of its values, and the lists that it goes through.
///
/// Level 0 is the message; each `*` of a path leads one level deeper, to the elements of a list.
struct MappingPlan: Sendable {
    typealias Field = MessageMapping.Field

    struct Test: Sendable {
        let slot: Int
        let condition: MappingCondition
    }

    /// A list to go through: where it is, and what is wanted of each element.
    struct List: Sendable {
        let slot: Int
        /// Its path, for errors.
        let path: String
        var shape = MappingShape()
        /// The slots of the values of one element.
        var slots: [Int] = []
        var tests: [Test] = []
    }

    let mapping: MessageMapping
    let text: [UInt8]?
    /// What decides whether a message is of this kind.
    private(set) var tests: [Test] = []
    private(set) var lists: [List] = []
    /// The slot of each value, by ``MessageMapping/Field``; -1 if the mapping does not have it.
    private var slots = [Int](repeating: -1, count: Field.allCases.count)
    /// The slots of the values of ``MessageMapping/answer``, by path.
    private(set) var answerSlots: [MappingPath: Int] = [:]
    /// What is wanted of a level of a book, with its slots.
    private(set) var levelShape = MappingShape()
    private(set) var levelSlots = (price: -1, size: -1, side: -1)
    private(set) var levelRange = 0..<0
    let constantSymbol: [UInt8]?
    private(set) var buyWords: [[UInt8]] = []
    private(set) var sellWords: [[UInt8]] = []

    /// Compiles `mapping`; the paths in the message itself are added to `root`.
    ///
    /// `slotCount` is the number of slots that are used so far by all kinds of messages.
    init(
        _ mapping: MessageMapping,
        root: inout MappingShape,
        slotCount: inout Int,
        problems: inout [MappingProblem]
    ) {
        self.mapping = mapping
        text = mapping.text.map { Array($0.utf8) }
        constantSymbol = mapping.constantSymbol.map { Array($0.utf8) }
        buyWords = mapping.buyWords.map { Array($0.lowercased().utf8) }
        sellWords = mapping.sellWords.map { Array($0.lowercased().utf8) }
        let paths =
            mapping.fields.map { (key: $0.key.key, path: $0.value) }
            + mapping.conditions.map { (key: "match.\($0.path.text)", path: $0.path) }
        let answers = mapping.answer?.values ?? []
        guard let deepest = paths.max(by: { ($0.path.depth, $1.key) < ($1.path.depth, $0.key) }) else {
            for path in answers { answerSlots[path] = root.add(path.groups[0], slots: &slotCount) }
            return
        }
        let groups = deepest.path.groups
        for other in paths.sorted(by: { $0.key < $1.key })
        where other.path.groups.dropLast() != groups.prefix(other.path.depth) {
            let reason = "goes through another list than '\(deepest.key)' (\(deepest.path.text))"
            problems.append(MappingProblem(path: "\(mapping.place).\(other.key)", reason: reason))
        }
        guard problems.isEmpty else { return }
        for level in 0..<deepest.path.depth {
            let slot = slot(of: groups[level], level, &root, &slotCount)
            let path = groups.prefix(level + 1).map { $0.joined(separator: ".") }.joined(separator: ".*.")
            lists.append(List(slot: slot, path: path))
        }
        addValues(&root, &slotCount)
    }

    private mutating func addValues(_ root: inout MappingShape, _ slotCount: inout Int) {
        for field in Field.allCases {
            guard let path = mapping.fields[field] else { continue }
            slots[field.rawValue] = slot(of: path, &root, &slotCount)
        }
        for condition in mapping.conditions {
            let test = Test(slot: slot(of: condition.path, &root, &slotCount), condition: condition)
            if condition.path.depth == 0 {
                tests.append(test)
            } else {
                lists[condition.path.depth - 1].tests.append(test)
            }
        }
        for path in mapping.answer?.values ?? [] { answerSlots[path] = slot(of: path, &root, &slotCount) }
        addLevels(&slotCount)
    }

    private mutating func addLevels(_ slotCount: inout Int) {
        guard mapping.kind == .book else { return }
        let first = slotCount
        levelSlots.price = levelShape.add(mapping.book.price, slots: &slotCount)
        levelSlots.size = levelShape.add(mapping.book.size, slots: &slotCount)
        if let side = mapping.book.side { levelSlots.side = levelShape.add(side, slots: &slotCount) }
        levelRange = first..<slotCount
    }

    private mutating func slot(of path: MappingPath, _ root: inout MappingShape, _ count: inout Int) -> Int {
        slot(of: path.groups[path.depth], path.depth, &root, &count)
    }

    private mutating func slot(
        of steps: [String],
        _ level: Int,
        _ root: inout MappingShape,
        _ count: inout Int
    ) -> Int {
        guard level > 0 else { return root.add(steps, slots: &count) }
        let before = count
        let slot = lists[level - 1].shape.add(steps, slots: &count)
        if count > before { lists[level - 1].slots.append(slot) }
        return slot
    }

    /// The slot of a value; `nil` if the mapping does not have it.
    @inline(__always)
    func slot(_ field: Field) -> Int? {
        let slot = slots[field.rawValue]
        return slot < 0 ? nil : slot
    }

    /// The symbol in the text of the field `symbol`; `nil` if the text does not fit the pattern.
    func symbol(in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let pattern = mapping.symbolPattern else { return text }
        return pattern.openPart(of: text)
    }

    /// True if a message with these values is of this kind.
    func matches(_ slots: MappingShape.Slots) -> Bool { Self.hold(tests, slots) }

    static func hold(_ tests: [Test], _ slots: MappingShape.Slots) -> Bool {
        for test in tests where !test.condition.accepts(slots[test.slot]) { return false }
        return true
    }
}
