/// Decides whether a venue's time can be right, given when its message was received.
///
/// It compares with the message's own receipt, never with the clock of now, so that an import and a rebuild decide as the
/// recorder did.
package enum EventTimeRule {
    /// A time further ahead of its receipt is wrong.
    ///
    /// Zones are at most 14 hours ahead, so a broker's local time that is taken for UTC stays within a day.
    package static let aheadMax = Duration.seconds(24 * 3600)
    /// A time further before its receipt is wrong.
    ///
    /// It is this long because a replay of an old tape has the tape's times.
    package static let behindMax = Duration.seconds(3653 * 24 * 3600)

    private static let aheadMaxNS = aheadMax.wholeNanoseconds
    private static let behindMaxNS = behindMax.wholeNanoseconds

    @inline(__always)
    package static func canBeRight(_ tsEvent: UnixNanoseconds, receivedAt tsRecv: UnixNanoseconds) -> Bool {
        let (ahead, overflow) = tsEvent.rawValue.subtractingReportingOverflow(tsRecv.rawValue)
        return !overflow && ahead <= aheadMaxNS && ahead >= 0 - behindMaxNS
    }
}
