import Foundation

/// What `docs/SQL.md` says about the schema, and its queries.
struct SQLManual {
    /// A block of SQL, and what it is for.
    struct Query {
        enum Scope: String {
            case anything = "sql"
            case file = "sql file"
            case directory = "sql directory"
        }

        let scope: Scope
        let text: String
    }

    /// The type of each column, by the name of the table or view.
    private(set) var relations: [String: [String: String]] = [:]
    private(set) var queries: [Query] = []
    /// How many headings announce a numbered query.
    private(set) var questions = 0

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/SQL.md")
        let lines = try String(contentsOf: url, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        var relation: String?
        var isColumnTable = false
        var block: (scope: Query.Scope, lines: [Substring])?
        for line in lines {
            if let open = block {
                if line == "```" {
                    queries.append(Query(scope: open.scope, text: open.lines.joined(separator: "\n")))
                    block = nil
                } else {
                    block?.lines.append(line)
                }
            } else if line.hasPrefix("```"), let scope = Query.Scope(rawValue: String(line.dropFirst(3))) {
                block = (scope, [])
            } else if line.hasPrefix("#") {
                relation = line.wholeMatch(of: /### `(\w+)`/).map { String($0.1) }
                if line.prefixMatch(of: /### \d+\. \S/) != nil { questions += 1 }
            } else if line == "| column | type | meaning |" {
                isColumnTable = true
            } else if line.isEmpty {
                isColumnTable = false
            } else if isColumnTable, let relation {
                note(line, of: relation)
            }
        }
    }

    /// Reads a row such as ``| `ts_recv`, `time_recv` | INTEGER, TEXT | … |``; one type is the type of all its columns.
    private mutating func note(_ row: Substring, of relation: String) {
        let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count > 1, cells[0].hasPrefix("`") else { return }
        let names = cells[0].split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "` ")) }
        let types = cells[1].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for (index, name) in names.enumerated() {
            relations[relation, default: [:]][name] = types.indices.contains(index) ? types[index] : types.first ?? ""
        }
    }
}
