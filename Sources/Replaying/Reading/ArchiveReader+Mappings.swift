import Archive
import Venues

extension ArchiveReader {
    /// The mapping that a feed was recorded or imported with; `nil` if it has none.
    ///
    /// - Throws: `ArchiveError` if the mapping has mistakes.
    func mapping(ofFeed feedID: Int64) throws(ArchiveError) -> FeedMapping? {
        guard let json = try feedOptions(["mapping"])[feedID]?["mapping"] else { return nil }
        do throws(MappingMistakes) {
            return try FeedMapping(json: json)
        } catch {
            throw .wrongMapping(ofFeed: feedID, in: path, "\(error)")
        }
    }

    /// - Throws: `ArchiveError` if the mapping of a feed has mistakes.
    func checkMappings() throws(ArchiveError) {
        for feed in try feeds() { _ = try mapping(ofFeed: feed.feedID) }
    }
}
