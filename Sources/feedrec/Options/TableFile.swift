import ArgumentParser
import Foundation
import Venues

/// A TOML file with the table that is the value of a venue's option.
struct TableFile {
    let path: String
    /// The feed of a configuration file to take the table from; `nil` for the only one that has it.
    let feed: String?

    /// Reads the argument of a flag: `FILE`, or `FILE:NAME` for a feed of a configuration file.
    init(argument: String) {
        guard !FileManager.default.fileExists(atPath: argument), let colon = argument.lastIndex(of: ":") else {
            path = argument
            feed = nil
            return
        }
        path = String(argument[..<colon])
        feed = String(argument[colon...].dropFirst())
    }

    /// The table as canonical JSON.
    ///
    /// - Throws: `ValidationError` with every mistake and its line.
    func json(of option: VenueOption) throws -> String {
        let document: ConfigurationDocument
        do {
            document = try ConfigurationDocument(contentsOf: path)
        } catch let error as ConfigurationError {
            throw ValidationError(error.description)
        }
        let node = try table(option.key, document)
        let json = node.json
        let owner = VenueOption.Use.allCases.lazy.compactMap { Venue.owners(of: option, for: $0).first }.first
        let problems = (owner?.definition.problems(ofTable: json, option) ?? []).map { problem in
            guard case .invalidPart(_, let place, let reason) = problem else {
                return ConfigurationProblem(line: node.line, text: "'\(option.key)' is wrong")
            }
            let name = place.isEmpty ? option.key : "\(option.key).\(place)"
            return ConfigurationProblem(line: node.line(at: place), text: "'\(name)' \(reason)")
        }
        guard problems.isEmpty else {
            throw ValidationError(ConfigurationError(origin: path, problems: problems).description)
        }
        return json
    }

    private func table(_ key: String, _ document: ConfigurationDocument) throws -> ConfigurationNode {
        guard case .table(let root) = document.root.value else { throw ValidationError("\(path): has no table") }
        if feed == nil, let node = root[key], case .table = node.value { return node }
        var found: [(name: String, node: ConfigurationNode)] = []
        if case .list(let feeds)? = root["feed"]?.value {
            for case .table(let members) in feeds.map(\.value) {
                guard let node = members[key], case .table = node.value else { continue }
                var name = ""
                if case .text(let text)? = members["name"]?.value { name = text }
                if feed.map({ $0 == name }) ?? true { found.append((name, node)) }
            }
        }
        if found.count == 1 { return found[0].node }
        if let feed { throw ValidationError("\(path): has no feed '\(feed)' with a table '\(key)'") }
        guard !found.isEmpty else { throw ValidationError("\(path): has no table [\(key)]") }
        let names = found.map(\.name).joined(separator: ", ")
        throw ValidationError("\(path): has several feeds with a table '\(key)': give \(path):NAME, one of \(names)")
    }
}
