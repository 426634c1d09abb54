import ArgumentParser

/// What a feed from flags makes of its order books.
struct BookOptions: ParsableArguments {
    @Option(
        help: """
            Store changes of a book's best prices as quotes, marked as derived: auto, if the symbol's quotes are not \
            requested; always or never.
            """
    )
    var quotesFromBook = QuotesFromBook.auto

    /// The flags that were given.
    var given: [String] { quotesFromBook == .auto ? [] : ["--quotes-from-book"] }
}

extension QuotesFromBook: ExpressibleByArgument {}
