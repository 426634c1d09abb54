extension BybitVenue {
    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue \(name) --symbol BTCUSDT \\
              --channel trades,quotes,book --archive ./tape --duration 1h
            """
        ]
        examples.importing = [
            """
            feedrec import messages btcusdt.jsonl --venue \(name) \\
              --archive ./tape
            """
        ]
        examples.simulating = [
            """
            feedrec simulate --venue \(name) --listen 127.0.0.1:9004 \\
              --rate max --count 1000000
            """
        ]
        return examples
    }
}
