@testable import Reducers

/// `table SESSION NAME, SESSION NAME …` and a line for each command: what each of them would come to if it sent it, and
/// what the codes mean. Nothing of it happens.
struct StoryTable {
    private let world: StoryWorld
    private let actors: [String]
    private let commands: [String]

    init(_ lines: [String], world: StoryWorld) {
        self.world = world
        actors = lines[0].dropFirst("table ".count).split(separator: ",").map { String($0.drop { $0 == " " }) }
        commands = Array(lines.dropFirst())
    }

    func told() throws -> [String] {
        var meanings: [String: String] = [:]
        var rows = [[""] + actors]
        for command in commands {
            var row = [command]
            for actor in actors {
                let name = actor.split(separator: " ")[1]
                let line = "\(actor) \(command)".replacing("SELF", with: name)
                let transition = try world.attempt(line)
                if let refusal = transition.refusal { meanings[refusal.code] = refusal.message }
                row.append(word(for: transition))
            }
            rows.append(row)
        }
        return laidOut(rows) + meanings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    }

    private func word(for transition: Transition) -> String {
        if case .decision(let decision)? = transition.outputs.first { return decision.code }
        return transition.refusal?.code ?? "accepted"
    }

    private func laidOut(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }
}
