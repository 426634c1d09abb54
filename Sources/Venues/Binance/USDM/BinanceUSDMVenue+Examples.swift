extension BinanceUSDMVenue {
    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue binance-usdm --symbol BTCUSDT \\
              --channel trades,quotes,book,funding --archive ./tape --duration 1h
            """
        ]
        examples.importing = [
            """
            feedrec import messages btcusdt.txt.gz --venue binance-usdm \\
              --archive ./tape
            """
        ]
        return examples
    }
}
