import JSONScanning

/// The paths that are wanted of one JSON value, as a tree, so that one pass finds all of them.
struct MappingShape: Sendable {
    /// Where found values are put, by slot.
    typealias Slots = UnsafeMutableBufferPointer<JSONValue?>

    private struct Member: Sendable {
        let key: [UInt8]
        /// The position in a list that the key stands for; -1 if it is not a number.
        let position: Int
        let node: Int
    }

    private struct Node: Sendable {
        /// Where the value goes; -1 if only its members are wanted.
        var slot = -1
        var members: [Member] = []
    }

    private var nodes = [Node()]

    /// Adds a path without `*`; returns its slot, which is new unless the path is known.
    mutating func add(_ steps: [String], slots: inout Int) -> Int {
        var node = 0
        for step in steps {
            let key = Array(step.utf8)
            if let known = nodes[node].members.first(where: { $0.key == key }) {
                node = known.node
                continue
            }
            nodes.append(Node())
            let position = Int(step).flatMap { $0 >= 0 && String($0) == step ? $0 : nil } ?? -1
            nodes[node].members.append(Member(key: key, position: position, node: nodes.count - 1))
            node = nodes.count - 1
        }
        if nodes[node].slot < 0 {
            nodes[node].slot = slots
            slots += 1
        }
        return nodes[node].slot
    }

    /// Reads one value and puts what is wanted of it into `slots`.
    func read(_ cursor: inout JSONCursor, into slots: Slots) throws(JSONError) {
        try read(0, &cursor, slots)
    }

    private func read(_ index: Int, _ cursor: inout JSONCursor, _ slots: Slots) throws(JSONError) {
        let slot = nodes[index].slot
        guard slot >= 0 else { return try readMembers(index, &cursor, slots) }
        let value = try cursor.nextValue()
        slots[slot] = value
        guard !nodes[index].members.isEmpty, value.kind == .object || value.kind == .array else { return }
        var inner = JSONCursor(value)
        try readMembers(index, &inner, slots)
    }

    /// Reads the members of a container; skips any other value.
    private func readMembers(_ index: Int, _ cursor: inout JSONCursor, _ slots: Slots) throws(JSONError) {
        switch cursor.nextByte {
        case UInt8(ascii: "{"):
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if let node = node(index, key) { try read(node, &cursor, slots) } else { try cursor.skipValue() }
            }
        case UInt8(ascii: "["):
            try cursor.enterArray()
            var position = 0
            while try cursor.nextElement() {
                if let node = node(index, position) { try read(node, &cursor, slots) } else { try cursor.skipValue() }
                position += 1
            }
        default: try cursor.skipValue()
        }
    }

    private func node(_ index: Int, _ key: UnsafeRawBufferPointer) -> Int? {
        for member in nodes[index].members where member.key.count == key.count && key.elementsEqual(member.key) {
            return member.node
        }
        return nil
    }

    private func node(_ index: Int, _ position: Int) -> Int? {
        for member in nodes[index].members where member.position == position { return member.node }
        return nil
    }
}
