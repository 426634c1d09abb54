extension DeribitVenue {
    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue deribit --symbol BTC-PERPETUAL \\
              --channel trades,quotes,book,funding --archive ./tape --duration 1h
            """
        ]
        examples.importing = [
            """
            feedrec import messages options.cf.txt --venue deribit \\
              --archive ./tape
            """
        ]
        examples.simulating = [
            """
            feedrec simulate --venue deribit --listen 127.0.0.1:9005 \\
              --rate max --count 1000000
            """
        ]
        return examples
    }
}
