import Synchronization

/// A progress line, updated at each percent, for work on one recording after another.
enum UpkeepProgress {
    static func reporter(_ action: String) -> @Sendable (String, Double) -> Void {
        let last = LastPercent()
        return { path, part in
            let percent = Int((part * 100).rounded(.down))
            guard last.isNew(percent) else { return }
            StandardError.progress("feedrec: \(action) '\(path)': \(percent) %")
        }
    }

    private final class LastPercent: Sendable {
        private let value = Atomic<Int>(-1)
        func isNew(_ percent: Int) -> Bool { value.exchange(percent, ordering: .relaxed) != percent }
    }
}
