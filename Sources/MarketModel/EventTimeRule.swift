/// Decides whether a venue's time is plausible, given when its message was received.
///
/// It compares with the receive time, never with the current clock, so that an import and a rebuild decide like the
/// recorder.
package enum EventTimeRule {
    /// A time further ahead of its receive time is wrong.
    ///
    /// Zones are at most 14 hours ahead of UTC, so a broker's local time that is taken for UTC stays within a day.
    package static let aheadMax = Duration.seconds(24 * 3600)
    /// A time further before its receive time is wrong.
    ///
    /// The limit is this long because a replay of an old tape has the tape's times.
    package static let behindMax = Duration.seconds(3653 * 24 * 3600)

    private static let aheadMaxNS = aheadMax.wholeNanoseconds
    private static let behindMaxNS = behindMax.wholeNanoseconds

    @inline(__always)
    package static func canBeRight(_ tsEvent: UnixNanoseconds, receivedAt tsRecv: UnixNanoseconds) -> Bool {
        let (ahead, overflow) = tsEvent.rawValue.subtractingReportingOverflow(tsRecv.rawValue)
        return !overflow && ahead <= aheadMaxNS && ahead >= 0 - behindMaxNS
    }
}
