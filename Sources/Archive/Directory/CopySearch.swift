import MarketModel

/// Finds recordings that exist more than once and selects the copy with the most content.
///
/// Among equal copies, a file with a write-ahead log wins, then one with a recorder's file name, then the first name.
struct CopySearch {
    /// Each recording once, in the given order.
    private(set) var recordings: [RecordingCandidate] = []
    private(set) var findings: [ArchiveFinding] = []

    init(_ candidates: [RecordingCandidate]) {
        let files = withoutFurtherNames(candidates)
        var losers: Set<String> = []
        for group in Self.groups(files) {
            let ranked = Self.ranked(group)
            guard let winner = ranked.first else { continue }
            for copy in ranked.dropFirst() {
                losers.insert(copy.candidate.path)
                findings.append(Self.finding(copy, of: winner))
            }
        }
        recordings = files.filter { !losers.contains($0.path) }
    }

    /// Removes additional names of the same file: repeated arguments, hard links and symbolic links.
    private mutating func withoutFurtherNames(_ candidates: [RecordingCandidate]) -> [RecordingCandidate] {
        var names: [FileIdentity: [RecordingCandidate]] = [:]
        for candidate in candidates {
            if let file = candidate.file { names[file, default: []].append(candidate) }
        }
        var chosen: [FileIdentity: String] = [:]
        for (file, candidates) in names {
            guard let first = candidates.min(by: { Self.precedes($0.path, $1.path) }) else { continue }
            chosen[file] = first.path
            for path in Set(candidates.map(\.path)).sorted() where path != first.path {
                let reason = "is the same file as '\(first.path)'"
                findings.append(ArchiveFinding(.copy, path, reason, original: first.path))
            }
        }
        var seen: Set<String> = []
        return candidates.filter { candidate in
            guard let file = candidate.file else { return true }
            return chosen[file] == candidate.path && seen.insert(candidate.path).inserted
        }
    }

    // MARK: Copies

    private typealias Ranked = (candidate: RecordingCandidate, print: RecordingFingerprint, content: RecordingContent?)

    /// The groups of files that are copies of the same recording.
    private static func groups(_ files: [RecordingCandidate]) -> [[RecordingCandidate]] {
        var groups: [[RecordingCandidate]] = []
        var placeOfID: [String: Int] = [:]
        var placesOfSession: [RecordingFingerprint.Session: Set<Int>] = [:]
        for file in files {
            guard let print = file.fingerprint else { continue }
            var places = Set(print.sessions.flatMap { placesOfSession[$0] ?? [] })
            if let id = print.recordingID, let place = placeOfID[id] { places.insert(place) }
            let place = places.sorted().first { place in
                groups[place].contains { $0.fingerprint?.isSameRecording(as: print) == true }
            }
            if let place { groups[place].append(file) } else { groups.append([file]) }
            let own = place ?? groups.count - 1
            if let id = print.recordingID { placeOfID[id] = own }
            for session in print.sessions { placesOfSession[session, default: []].insert(own) }
        }
        return groups.filter { $0.count > 1 }
    }

    /// Sorts the members of a group; the first one is read.
    private static func ranked(_ group: [RecordingCandidate]) -> [Ranked] {
        let members = group.compactMap { candidate -> Ranked? in
            guard let print = candidate.fingerprint else { return nil }
            return (candidate, print, try? RecordingContent(candidate.path))
        }
        return members.sorted { left, right in
            switch (left.content, right.content) {
            case (let left?, let right?) where left != right: return left > right
            case (.some, nil): return true
            case (nil, .some): return false
            default:
                if left.print.sessions.count != right.print.sessions.count {
                    return left.print.sessions.count > right.print.sessions.count
                }
                return precedes(left.candidate.path, right.candidate.path)
            }
        }
    }

    /// True if `left` is the preferred name of two names of the same recording.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        func rank(_ path: String) -> (Int, Int, String) {
            let hasLog = FilePath.bytes(of: path + "-wal") > 0
            return (hasLog ? 0 : 1, RecordingName.isOfRecorder(FilePath.lastComponent(of: path)) ? 0 : 1, path)
        }
        return rank(left) < rank(right)
    }

    private static func finding(_ copy: Ranked, of winner: Ranked) -> ArchiveFinding {
        let (path, original) = (copy.candidate.path, winner.candidate.path)
        let own = copy.print.sessions.subtracting(winner.print.sessions).count
        if own > 0 {
            let sessions = Counted.text(own, "session")
            let reason =
                "is a diverged copy of '\(original)': it has \(sessions) that '\(original)' lacks"
            return ArchiveFinding(.divergedCopy, path, reason, original: original)
        }
        guard let content = copy.content, let whole = winner.content, content < whole else {
            return ArchiveFinding(.copy, path, "is a copy of '\(original)'", original: original)
        }
        let share =
            content.messages < whole.messages
            ? "\(content.messages) of \(Counted.text(whole.messages, "message"))"
            : "\(content.ticks) of \(Counted.text(whole.ticks, "tick"))"
        return ArchiveFinding(
            .incompleteCopy,
            path,
            "is an incomplete copy of '\(original)': it has \(share)",
            original: original
        )
    }
}
