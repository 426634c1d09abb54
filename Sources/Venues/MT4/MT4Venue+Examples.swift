extension MT4Venue {
    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue mt4 --url wss://HOST/hubs/mt4/v1 \\
              --trade-platform P --symbol EURUSD --margin --token-env MT4_TOKEN \\
              --bars 1s,1m --archive ./tape
            """,
            """
            feedrec record --venue mt4 --url wss://HOST/hubs/mt4/v1 \\
              --negotiate --trade-platform P --all-symbols --trades \\
              --broker-time-zone Europe/Athens --token-file token \\
              --archive ./tape
            """,
        ]
        examples.simulating = [
            """
            feedrec simulate --venue mt4 --listen 127.0.0.1:9001 --rate 1000 \\
              --trade-platform demo
            """,
            """
            feedrec simulate --venue mt4 --listen 127.0.0.1:9001 --mess --outages \\
              --casing pascal --enums numbers --fault positional-only \\
              --count 5000 --ending drop
            """,
        ]
        examples.simulation = """
            mt4 serves its hubs at /hubs/mt4/v1, /hubs/mt5/v1 and /hubs/test/v1, after any base path. Generated \
            passwords start with SECRET- and personal data with PERSONAL-, so that a search can prove that a recording \
            does not contain them.
            """
        examples.firstSession = [
            """
            feedrec simulate --venue mt4 --listen 127.0.0.1:9001 --rate 1000 \\
              --trade-platform demo &
            """,
            """
            feedrec record --venue mt4 --url ws://127.0.0.1:9001/hubs/mt4/v1 \\
              --trade-platform demo --symbol EURUSD --archive ./tape --duration 10s
            """,
        ]
        return examples
    }
}
