import Archive
import BarBuilding
import MarketModel

/// The events that one client of `/replay` gets.
struct EventOrder: Sendable {
    var range = ReadRange()
    var selection = EventSelection()
    var intervals: [BarInterval] = []
    /// Added to every time, in nanoseconds.
    var shift: Int64 = 0
    /// Whether to continue with what is being recorded.
    var follows = false
}

/// Reads rows and writes them as JSON.
struct EventReader: TapeReader {
    private static let chunkBytesMin = 96 * 1024
    private static let firstChunkBytesMin = 8 * 1024

    private let catalog: TapeCatalog
    private let order: EventOrder
    private var tape: RowTape?
    private var bars: TapeBars?
    private var writer: EventWriter
    private var lastTime = Int64.min
    private var isFirstChunk = true
    private var isFinished = false
    private var window = FollowWindow()
    private var gapsHad: Set<String> = []

    init(_ catalog: TapeCatalog, _ order: EventOrder) {
        self.catalog = catalog
        self.order = order
        writer = EventWriter(shift: order.shift)
    }

    mutating func open(at time: Int64?) throws {
        var range = order.range
        if let time { range.from = max(range.from, UnixNanoseconds(time)) }
        var files = catalog.files
        if order.follows {
            try catalog.refresh()
            files = try window.begin(catalog.files)
            try noteGaps()
        }
        tape = nil
        let books = try BookTape(files, range, order.selection, follows: order.follows)
        tape = try RowTape(files: files, range: range, selection: order.selection, books: books)
        bars = TapeBars(order.intervals)
        writer = EventWriter(shift: order.shift)
        isFirstChunk = true
        isFinished = false
        lastTime = .min
    }

    mutating func next() throws -> ChunkStep {
        if tape == nil { try open(at: nil) }
        let bytesMin = isFirstChunk ? Self.firstChunkBytesMin : Self.chunkBytesMin
        isFirstChunk = false
        while writer.chunk.batch.bytes.count < bytesMin, let next = tape?.next {
            if let bars, next.time >= bars.nextBoundary { self.bars?.pass(next.time, into: &writer) }
            lastTime = max(lastTime, next.time)
            try tape?.write(into: &writer, bars: &bars)
        }
        if writer.chunk.count > 0 { return .chunk(writer.popChunk()) }
        if order.follows { return try follow() }
        return finish()
    }

    private mutating func finish() -> ChunkStep {
        guard !isFinished else { return .end }
        isFinished = true
        bars?.finish(at: lastTime, into: &writer)
        return writer.chunk.count > 0 ? .chunk(writer.popChunk()) : .end
    }

    // MARK: Following

    private mutating func follow() throws -> ChunkStep {
        try catalog.refresh()
        for file in catalog.files {
            for gap in try file.reader.gaps() where gapsHad.insert("\(file.reader.path) \(gap.gapID)").inserted {
                guard order.selection.includes(.gap) else { continue }
                writer.append(gap)
                bars?.interrupt(gap)
            }
        }
        var selection = order.selection
        // Rows of these kinds have no message number.
        selection.kinds.subtract([.gap, .disconnect])
        if let (files, from) = try window.advance(catalog.files) {
            var range = order.range
            range.from = max(range.from, from)
            var books = tape?.takeBooks()
            try books?.goOn(files)
            tape = try RowTape(files: files, range: range, selection: selection, books: books)
        } else {
            try tape?.noteBookEnds()
        }
        if writer.chunk.count > 0 { return .chunk(writer.popChunk()) }
        return tape?.next == nil ? .nothingYet : try next()
    }

    private mutating func noteGaps() throws {
        gapsHad = []
        for file in catalog.files {
            for gap in try file.reader.gaps() { gapsHad.insert("\(file.reader.path) \(gap.gapID)") }
        }
    }
}
