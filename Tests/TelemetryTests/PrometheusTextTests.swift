import Telemetry
import Testing

struct PrometheusTextTests {
    @Test("help, labels and numbers are written as version 0.0.4 of the format wants them")
    func families() {
        var page = PrometheusText()
        page.family("a_total", .counter, "Back\\slash,\nnew line.")
        page.sample("a_total", count: 3, ["x": "\"quoted\" \\ \n", "y": ""])
        page.single("b", .gauge, "Numbers.", -0.5)
        page.single("c", .gauge, "No value.", nil)
        page.single("d", .gauge, "Whole.", 1e9)
        page.single("e", .gauge, "Not a number.", .nan)
        page.single("f", .gauge, "Endless.", -.infinity)
        #expect(
            page.text == """
                # HELP a_total Back\\\\slash,\\nnew line.
                # TYPE a_total counter
                a_total{x="\\"quoted\\" \\\\ \\n",y=""} 3
                # HELP b Numbers.
                # TYPE b gauge
                b -0.5
                # HELP d Whole.
                # TYPE d gauge
                d 1000000000
                # HELP e Not a number.
                # TYPE e gauge
                e NaN
                # HELP f Endless.
                # TYPE f gauge
                f -Inf

                """
        )
    }

    @Test("the buckets of a histogram are cumulative, and the last one has the total")
    func histogram() {
        let buckets = HistogramBuckets(["0.001": .milliseconds(1), "1.0": .seconds(1)])
        var histogram = DurationHistogram()
        for duration in [Duration.microseconds(10), .milliseconds(1), .milliseconds(2), .seconds(60)] {
            histogram.record(duration)
        }
        var page = PrometheusText()
        page.histogram("t_seconds", "Times.", histogram, in: buckets)
        #expect(
            page.text == """
                # HELP t_seconds Times.
                # TYPE t_seconds histogram
                t_seconds_bucket{le="0.001"} 2
                t_seconds_bucket{le="1.0"} 3
                t_seconds_bucket{le="+Inf"} 4
                t_seconds_sum 60.00301
                t_seconds_count 4

                """
        )
        #expect(buckets.quantile(0.5, of: histogram) == .milliseconds(1))
        #expect(buckets.quantile(0.75, of: histogram) == .seconds(1))
        #expect(buckets.quantile(1, of: histogram) == nil)
        #expect(buckets.quantile(0.5, of: DurationHistogram()) == nil)
    }
}
