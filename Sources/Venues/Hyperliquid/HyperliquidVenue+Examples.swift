extension HyperliquidVenue {
    var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue hyperliquid --symbol BTC --symbol PURR/USDC \\
              --channel trades,quotes,book --archive ./tape --duration 1h
            """
        ]
        examples.importing = [
            """
            feedrec import messages messages.txt --venue hyperliquid \\
              --archive ./tape
            """
        ]
        examples.simulating = [
            """
            feedrec simulate --venue hyperliquid --listen 127.0.0.1:9001 \\
              --rate max --count 1000000
            """
        ]
        return examples
    }
}
