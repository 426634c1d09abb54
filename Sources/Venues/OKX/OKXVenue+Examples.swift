extension OKXVenue {
    var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue okx --symbol BTC-USDT --symbol BTC-USDT-SWAP \\
              --channel trades,quotes,book --archive ./tape --duration 1h
            """,
            """
            feedrec record --venue okx --channel account \\
              --api-key-env OKX_KEY --api-secret-env OKX_SECRET \\
              --api-passphrase-env OKX_PASSPHRASE --archive ./tape
            """,
        ]
        examples.importing = [
            """
            feedrec import messages multi3.cf.txt --venue okx \\
              --archive ./tape
            """
        ]
        examples.simulating = [
            """
            feedrec simulate --venue okx --listen 127.0.0.1:9001 \\
              --rate max --count 1000000
            """
        ]
        return examples
    }
}
