extension BinanceSpotVenue {
    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue binance-spot \\
              --url wss://data-stream.binance.vision --stream btcusdt@trade \\
              --stream btcusdt@bookTicker --archive ./tape --duration 1h
            """
        ]
        examples.importing = [
            """
            feedrec import messages btcusdt.txt.gz --venue binance-spot \\
              --archive ./tape
            """
        ]
        examples.simulating = [
            """
            feedrec simulate --venue binance-spot --listen 127.0.0.1:9001 \\
              --rate max --count 1000000
            """
        ]
        examples.measuring = ["feedrec bench normalise --venue binance-spot --capture btcusdt.txt.gz"]
        return examples
    }
}
