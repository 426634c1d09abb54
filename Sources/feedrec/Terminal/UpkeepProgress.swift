import Synchronization

/// A progress line, updated at each percent.
enum UpkeepProgress {
    /// For work on one recording after another.
    static func reporter(_ action: String) -> @Sendable (String, Double) -> Void {
        let last = LastPercent()
        return { path, part in
            let percent = Int((part * 100).rounded(.down))
            guard last.isNew(percent) else { return }
            StandardError.progress("feedrec: \(action) '\(path)': \(percent) %")
        }
    }

    /// For work that `action` names.
    static func reporter(of action: String) -> @Sendable (Double) -> Void {
        let last = LastPercent()
        return { part in
            let percent = Int((min(1, part) * 100).rounded(.down))
            guard last.isNew(percent) else { return }
            StandardError.progress("feedrec: \(action): \(percent) %")
        }
    }

    private final class LastPercent: Sendable {
        private let value = Atomic<Int>(-1)
        func isNew(_ percent: Int) -> Bool { value.exchange(percent, ordering: .relaxed) != percent }
    }
}
