import Archive
import ArgumentParser
import Interchange
import JSONScanning
import MarketModel
import Recording
import Venues

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import data that other programs recorded.",
        discussion: """
            \(VenueHelp.examples(\.importing))
            """,
        subcommands: [Messages.self]
    )

    struct Messages: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import raw messages, one per line, with their receive times.",
            discussion: """
                Formats: \(MessageLineFormat.summaries). In files without receive times (\
                \(MessageLineFormat.namesWithoutReceiveTimes)), messages get times of the venue as receive times. \
                Files may be compressed with gzip or zstd; '-' is standard input. The recording is named after the \
                UTC day of the first message.

                Messages that the archive already has are not stored again. Two messages are the same if venue, \
                receive time, direction and payload are equal. An import can therefore be repeated, \
                and files can overlap.

                \(VenueHelp.examples(\.importing))
                """
        )

        @Argument(help: "Files to import, in order of their first times; '-' is standard input.")
        var files: [String]

        @Option(help: "The venue that sent the messages. (default: detected from the first messages)")
        var venue: Venue?

        @Option(help: "Directory of the recordings; created if missing.")
        var archive: String

        @Option(help: "\(WordList.either(MessageLineFormat.allValueStrings)). (default: detected from the first lines)")
        var format: MessageLineFormat?

        @Option(help: "Unit of the times: s, ms, us or ns. (default: \(MessageLineFormat.standardUnits))")
        var timeUnit: UnixTimeUnit?

        @Option(help: "Lengths of the bars to build.")
        var bars = BarIntervalsArgument.standard

        @OptionGroup var venueFlags: VenueFlags<ReadingFlags>

        @Flag(help: "Store changes of the best prices of order books as quotes, marked as derived.")
        var quotesFromBook = false

        @Flag(help: "Skip malformed lines and count them, instead of stopping at the first.")
        var skipMalformed = false

        @Flag(help: "Import even if no message of a file is understood, or if the archive has unreadable recordings.")
        var force = false

        @Flag(help: "At the end, print what was imported as JSON.")
        var json = false

        func validate() throws {
            if timeUnit != nil, let format, format.clock == .none {
                throw ValidationError("'--time-unit' has no meaning for \(format.name) files: they have no times")
            }
            if let venue {
                _ = try reading(of: venue)
            } else if let stream = files.first(where: InputPath.isStream) {
                throw ValidationError("give '--venue': it cannot be detected from '\(stream)', which is read only once")
            }
        }

        /// How the messages of a venue are read.
        ///
        /// - Throws: `ValidationError` for flags that the venue does not have.
        private func reading(of venue: Venue) throws -> VenueReading {
            try venueFlags.validate(for: venue)
            do throws(VenueOptionError) {
                return try venue.definition.reading(venueFlags.values, zones: BrokerTimeZone.lookup)
            } catch {
                throw ValidationError(error.flagText)
            }
        }

        private func configuration(
            _ venue: Venue,
            _ facts: String,
            _ reading: VenueReading
        ) -> MessageImporter.Configuration {
            var configuration = MessageImporter.Configuration(
                venue: venue,
                format: format,
                malformedLines: skipMalformed ? .skip : .fail,
                barIntervals: bars.intervals,
                session: SessionFacts.start(.import, configuration: facts)
            )
            configuration.reading = reading
            configuration.archive = archive
            configuration.isForced = force
            configuration.stamp = UpkeepStamp(now: Clocks.wall(), programVersion: Program.version)
            if let timeUnit { configuration.receiveTimes = .unit(timeUnit) }
            return configuration
        }

        func run() async throws {
            let policy: MessageFileReader.MalformedLinePolicy = skipMalformed ? .skip : .fail
            let venue = try venue ?? VenueDetection.venue(of: files, format: format, onMalformedLine: policy)
            var reading = try reading(of: venue)
            if quotesFromBook { reading.quotesFromBook = .all }
            var facts = JSONObjectWriter()
            facts.text("venue", venue.name)
            facts.raw("files", "[" + files.map(JSONText.quoted).joined(separator: ",") + "]")
            facts.text("bars", bars.description)
            facts.text("broker_time_zone", reading.brokerTimeZone?.name)
            facts.raw("mapping", reading.mapping?.json)
            facts.raw(VenueReading.quotesFromBookName, reading.quotesFromBook.json)
            if reading.keepsPersonalData { facts.boolean("keeps_personal_data", true) }
            let reporter = RecordingReporter()
            let importer = MessageImporter(
                configuration: configuration(venue, facts.text(), reading),
                report: { reporter.report(.progress($0)) }
            )
            try await JournalNotice.fold([archive], isRequired: !force)
            let archive = archive
            let outcome = try await importer.run(paths: files) { day throws(ArchiveError) in
                try ArchiveWriter.open(directory: archive, day: day)
            }
            reporter.end()
            let report = ImportReport(outcome: outcome)
            for line in report.lines { StandardError.write("feedrec: \(line)") }
            try reporter.finish(outcome.summary, json: json, facts: report.facts)
            guard outcome.malformedLines == 0 else {
                throw EndedEarly(
                    status: ExitStatus.dataMissing,
                    line: "data is missing: \(Counted.text(outcome.malformedLines, "malformed line"))"
                )
            }
        }
    }
}

extension UnixTimeUnit: ExpressibleByArgument {}
