package import MarketModel

extension BookLadder {
    /// What a level did to the book.
    package enum Effect: Sendable, Hashable {
        case inserted
        case replaced
        case removed
        /// A size of 0 for a price that is not in the book, which is normal.
        case absent
    }

    /// Sets the size at a price, or removes the price if the size is 0.
    ///
    /// The digits of the latest price and size are kept. Takes O(log n).
    @discardableResult
    package mutating func apply(price: FixedDecimal, size: FixedDecimal) -> Effect {
        let level = PackedLevel(price: price, size: size)
        let place = place(of: level)
        if size.mantissa == 0 {
            guard place.isFound else { return .absent }
            remove(at: place)
            return .removed
        }
        if place.isFound {
            storage[chunks[place.chunk].start + place.offset] = level
            return .replaced
        }
        insert(level, at: place)
        return .inserted
    }

    /// Removes all levels and keeps the memory.
    package mutating func removeAll() {
        for chunk in chunks { freeStarts.append(chunk.start) }
        chunks.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Removes the worst levels until at most `depth` are left.
    package mutating func cut(to depth: Int) {
        while count > depth, let last = chunks.last {
            let removed = Swift.min(last.count, count - depth)
            count -= removed
            if removed == last.count {
                freeStarts.append(last.start)
                chunks.removeLast()
            } else {
                chunks[chunks.count - 1].count -= removed
            }
        }
    }

    /// Appends a level that is worse than all others; returns false, and changes nothing, if it is not.
    mutating func append(_ level: PackedLevel) -> Bool {
        guard let last = chunks.last else {
            insert(level, at: Place(chunk: 0, offset: 0, isFound: false))
            return true
        }
        guard storage[last.start + last.count - 1].isBetter(than: level, areBids: areBids) else { return false }
        insert(level, at: Place(chunk: chunks.count - 1, offset: last.count, isFound: false))
        return true
    }
}

extension BookLadder {
    private mutating func insert(_ level: PackedLevel, at place: Place) {
        count += 1
        var place = place
        if chunks.isEmpty {
            chunks.append(Chunk(start: newStart(), count: 0))
        } else if chunks[place.chunk].count == Self.chunkCapacity {
            place = makeRoom(at: place)
        }
        let start = chunks[place.chunk].start
        let end = start + chunks[place.chunk].count
        chunks[place.chunk].count += 1
        var index = end
        while index > start + place.offset {
            storage[index] = storage[index - 1]
            index -= 1
        }
        storage[index] = level
    }

    /// Divides a full chunk, and returns where the new level goes.
    ///
    /// Levels that arrive in order of their prices, as in a snapshot, fill whole chunks.
    private mutating func makeRoom(at place: Place) -> Place {
        let new = Chunk(start: newStart(), count: 0)
        if place.offset == Self.chunkCapacity, place.chunk == chunks.count - 1 {
            chunks.append(new)
            return Place(chunk: place.chunk + 1, offset: 0, isFound: false)
        }
        if place.offset == 0, place.chunk == 0 {
            chunks.insert(new, at: 0)
            return Place(chunk: 0, offset: 0, isFound: false)
        }
        let half = Self.chunkCapacity / 2
        chunks.insert(new, at: place.chunk + 1)
        moveLevels(from: place.chunk, offset: half, count: Self.chunkCapacity - half, to: place.chunk + 1)
        guard place.offset > half else { return place }
        return Place(chunk: place.chunk + 1, offset: place.offset - half, isFound: false)
    }

    private mutating func remove(at place: Place) {
        count -= 1
        let start = chunks[place.chunk].start
        let last = start + chunks[place.chunk].count - 1
        var index = start + place.offset
        while index < last {
            storage[index] = storage[index + 1]
            index += 1
        }
        chunks[place.chunk].count -= 1
        if chunks[place.chunk].count < Self.chunkCapacity / 4 { shrink(place.chunk) }
    }

    /// Removes an empty chunk, or joins a small one with a neighbour if both leave room for new levels.
    private mutating func shrink(_ chunk: Int) {
        guard chunks[chunk].count > 0 else {
            freeStarts.append(chunks[chunk].start)
            chunks.remove(at: chunk)
            return
        }
        let joinedMax = Self.chunkCapacity * 3 / 4
        if chunk + 1 < chunks.count, chunks[chunk].count + chunks[chunk + 1].count <= joinedMax {
            joinWithNext(chunk)
        } else if chunk > 0, chunks[chunk - 1].count + chunks[chunk].count <= joinedMax {
            joinWithNext(chunk - 1)
        }
    }

    private mutating func joinWithNext(_ chunk: Int) {
        moveLevels(from: chunk + 1, offset: 0, count: chunks[chunk + 1].count, to: chunk)
        freeStarts.append(chunks[chunk + 1].start)
        chunks.remove(at: chunk + 1)
    }

    /// Moves levels to the end of another chunk.
    private mutating func moveLevels(from source: Int, offset: Int, count: Int, to target: Int) {
        let from = chunks[source].start + offset
        let to = chunks[target].start + chunks[target].count
        for index in 0..<count { storage[to + index] = storage[from + index] }
        chunks[source].count -= count
        chunks[target].count += count
    }

    /// The start of an unused chunk.
    private mutating func newStart() -> Int {
        if let start = freeStarts.popLast() { return start }
        storage.append(contentsOf: repeatElement(.empty, count: Self.chunkCapacity))
        return storage.count - Self.chunkCapacity
    }
}
