import ControlPage
import Testing

struct ControlPageTests {
    @Test("the page and all files that it refers to exist")
    func references() throws {
        for path in ControlPage.paths {
            let text = try text(of: path)
            for reference in text.matches(of: /(?:href|src)="(?<name>[^"]+)"/) {
                #expect(ControlPage.asset(at: "/" + reference.name) != nil, "\(path) refers to \(reference.name)")
            }
            for reference in text.matches(of: /from "\.\/(?<name>[^"]+)"/) {
                #expect(ControlPage.asset(at: "/page/" + reference.name) != nil, "\(path) imports \(reference.name)")
            }
        }
    }

    @Test("every element that the scripts look up by id is on the page")
    func identifiers() throws {
        let page = try text(of: "/")
        for match in try text(of: "/page/app.js").matches(of: /element\("(?<id>[a-z-]+)"\)/) {
            #expect(page.contains("id=\"\(match.id)\""), "no element has the id \(match.id)")
        }
    }

    @Test("every button has an action")
    func actions() throws {
        let script = try text(of: "/page/app.js")
        for match in try text(of: "/").matches(of: /data-act="(?<name>[a-z]+)"/) {
            let isThere = script.contains("  \(match.name): (") || script.contains("  \(match.name)() {")
            #expect(isThere, "nothing happens on \(match.name)")
        }
    }

    @Test("nothing is loaded from other servers, and the page has no inline code that the policy forbids")
    func selfContained() throws {
        for path in ControlPage.paths {
            let text = try text(of: path)
            let foreign = text.matches(of: /https?:\/\/[^"'\s]+/).map { String($0.output) }
            #expect(foreign.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(path): \(foreign)")
            #expect(!text.contains(/<script>|<style>| style="| on[a-z]+="|innerHTML|eval\(/), "\(path)")
        }
        let policy = ControlPage.headers.first { $0.name == "Content-Security-Policy" }?.value ?? ""
        #expect(policy.hasPrefix("default-src 'none';"))
        #expect(!policy.contains("unsafe"))
    }

    @Test("unknown paths have no file", arguments: ["/page/", "/page", "/page/../index.html", "/page/no.js", "//", ""])
    func unknown(path: String) {
        #expect(ControlPage.asset(at: path) == nil)
    }

    private func text(of path: String) throws -> String {
        try String(decoding: #require(ControlPage.asset(at: path)).bytes, as: UTF8.self)
    }
}
