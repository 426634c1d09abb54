import Archive
import ArgumentParser
import Replaying

struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Run SQL on a recording.",
        discussion: """
            Views for people: quotes, trades, ticks, bars, venue_bars, margin_updates, order_updates, events, gaps, \
            closed_spans, absences, sessions, feeds, connections, instruments, message_blocks, clock_samples, upkeeps, \
            book_checkpoints, funding_rates, mark_prices, index_prices, open_interests, liquidations, positions, \
            instrument_terms. \
            The view messages has the raw messages, one per row. Over a directory of several recordings, \
            these views and the tables (quote, trade, bar, …) cover all files and have a column named file. A bar that \
            is in two files counts once, and joins by instrument_id and other keys are correct. message_index counts \
            separately in each file.

            book(symbol, time, depth) is an order book at an instant, one row for each level; book_top(symbol, from, to, \
            step) has the best prices at many instants. docs/SQL.md describes all of these.

              feedrec sql ./tape "select time_recv, symbol, bid, ask from quotes"
              feedrec sql ./tape "select * from bars where interval = '1m'" --format csv
              feedrec sql ./tape "select file, count(*) from trades group by 1"
              feedrec sql ./tape "select direction, count(*) from messages group by 1"
              feedrec sql ./tape "select * from book('BTCUSDT', '2026-01-05T09:30:00Z', 20)"
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Argument(help: "One or more SQL statements.")
    var sql: String

    @Option(help: "How to print: \(ResultFormat.names). (default: table on a terminal, else csv)")
    var format: ResultFormat?

    @Flag(help: "Allow statements that change the recording.")
    var write = false

    func run() async throws {
        try await JournalNotice.fold([archive])
        let location = try ArchiveNotice.locate([archive])
        let session = try SQLSession(
            recordings: location.files,
            isWritable: write,
            functions: BookFunctions.all(location.files)
        )
        var printer = ResultPrinter(format: format ?? (Terminal.isOutputTerminal ? .table : .csv))
        do {
            try await session.run(sql) { event in try printer.print(event) }
        } catch let error as ArchiveError where error.code == .readOnly && !write {
            throw Failure(error.description, hint: "--write allows statements that change the recording")
        }
        try printer.finish()
        session.close()
        try ArchiveNotice.endIfDataIsMissing(location)
    }
}
